"""Mails written by hand: all that programs send, and some that none should.

Each has the fields of `start` in front of what stands here, but for those in WHOLE.
"""

from base64 import b64encode, encodebytes
from collections.abc import Mapping

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 20
TEXT = b"Content-Type: text/plain\r\n\r\nWell.\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>W\xc3\xa4ll.</p>\r\n"


def start(name: str) -> bytes:
    """Return the fields that every mail has."""
    word = name.replace(" ", "-")
    return (
        "From: Ann <from@corpus.example>\r\nTo: Jane <jane@example.com>\r\n"
        f"Subject: {name}\r\nMessage-ID: <{word}@corpus.example>\r\n"
        "Date: Fri, 20 Nov 2026 12:00:00 +0100\r\nMIME-Version: 1.0\r\n"
    ).encode()


def mails() -> dict[str, bytes]:
    written = {name: raw.replace(b"@@", _id(name)) for name, raw in WHOLE.items()}
    return started(REST) | written


def started(rest: Mapping[str, bytes]) -> dict[str, bytes]:
    """Put those fields in front of each."""
    return {name: start(name) + each for name, each in rest.items()}


def _id(name: str) -> bytes:
    return f"Message-ID: <{name.replace(' ', '-')}@corpus.example>\r\n".encode()


def parts(
    *inner: bytes, kind: str = "mixed", boundary: str = "b", quoted: str = ""
) -> bytes:
    """Write a multipart."""
    head = f"Content-Type: multipart/{kind}; boundary={quoted or boundary}\r\n\r\n"
    line = b"--" + boundary.encode()
    return (
        head.encode()
        + b"".join(b"%b\r\n%b\r\n" % (line, each) for each in inner)
        + line
        + b"--\r\n"
    )


def file(fields: str, content: bytes = b"content", kind: str = "x/y") -> bytes:
    """Write a part that is a file in base64."""
    head = (
        f"Content-Type: {kind}\r\n{fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encodebytes(content).replace(b"\n", b"\r\n")


def named(parameter: str) -> bytes:
    return file(f"Content-Disposition: attachment; {parameter}", parameter.encode())


def coded(charset: str, text: str) -> bytes:
    """Write a subject as an encoded word, and a body in the same charset."""
    word = b64encode(text.encode(charset)).decode()
    return (
        f"X-Word: =?{charset}?B?{word}?=\r\n"
        f"Content-Type: text/plain; charset={charset}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + encodebytes(text.encode(charset)).replace(b"\n", b"\r\n")


REST: dict[str, bytes] = {
    # bodies
    "text": b"\r\nWell.\r\n",
    "html": HTML,
    "text and html": parts(TEXT, HTML, kind="alternative"),
    "empty body": b"\r\n",
    "no body at all": b"",
    "no line break at the end": b"\r\nWell.",
    "blank lines": b"Content-Type: text/plain\r\n\r\nOne.\r\n\r\n\r\nTwo.\r\n\r\n",
    "7bit": b"Content-Transfer-Encoding: 7bit\r\n\r\n.\r\n..\r\nFrom here on\r\n",
    "8bit": b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\x84h.\r\n",
    "8bit without a charset": b"\r\n\xc3\x84h.\r\n",
    "8bit in latin 1": b"Content-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\n\xc4h.\r\n",
    "binary": parts(
        TEXT,
        b"Content-Type: x/y; name=a.bin\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        b"\x00\xff\n\r\x01\r\n\n",
    ),
    "quoted-printable": b"Content-Type: text/html; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: Quoted-Printable\r\n\r\n<p>=C3=84h =3D soft=\r\n"
    b" break,=20\r\n=E2=82=AC</p>\r\n",
    "base64": b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: BASE64\r\n\r\n" + b64encode(LOREM.encode()) + b"\r\n",
    "base64 cut anywhere": b"Content-Type: x/y; name=a.bin\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nQU\r\n JDR\r\nA==\r\n",
    "flowed": b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
    b"One \r\nline.\r\n> Quoted \r\n> line.\r\n-- \r\nAnn\r\n",
    "a very long line": b"\r\n" + LOREM.encode() * 20 + b"\r\n",
    "a file alone": file("Content-Disposition: attachment; filename=a.pdf"),
    "html file alone": file("Content-Disposition: attachment; filename=a.html", HTML),
    # charsets
    "iso-2022-jp": coded("iso-2022-jp", "日本語のメール"),
    "koi8-r": coded("koi8-r", "Привет, мир"),
    "gb18030": coded("gb18030", "你好,世界"),
    "windows-1252": coded("windows-1252", "Größe – 5 €"),
    "big5": coded("big5", "繁體中文"),
    "shift_jis": coded("shift_jis", "日本語"),
    "euc-kr": coded("euc-kr", "한국어"),
    "iso-8859-15": coded("iso-8859-15", "5 €"),
    "words cut in a character": b"X-Word: =?utf-8?B?w7Y=?=\r\n =?utf-8?Q?=C3?=\r\n"
    b" =?utf-8?Q?=A4_h?= plain =?utf-8?q?=C3=A4?=\r\n\r\nWell.\r\n",
    # headers
    "folded headers": b"X-Folded: one\r\n\ttwo\r\n   three\r\n"
    b"X-Long: "
    + b"word " * 180
    + b"\r\nX-Empty:\r\nX-Space:  a  b \t\r\n\r\nWell.\r\n",
    "an answer": b"In-Reply-To: <1@x.example>\r\nReferences: "
    + b"\r\n ".join(b"<%d@references.x.example>" % n for n in range(50))
    + b"\r\n\r\nWell.\r\n",
    "a newsletter": b"List-Unsubscribe: <https://x.example/u?a=1&b=2>,\r\n"
    b" <mailto:u@x.example?subject=no>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: N <n.x.example>\r\n"
    b"Precedence: bulk\r\nFeedback-ID: 1:2:3:x\r\n" + HTML,
    "important": b"Importance: High\r\nX-Priority: 1 (Highest)\r\nPriority: urgent\r\n"
    b"X-MSMail-Priority: High\r\n\r\nWell.\r\n",
    "unimportant": b"X-Priority: 5\r\n\r\nWell.\r\n",
    "reply-to": b"Reply-To: =?utf-8?q?B=C3=BCro?= <buero@x.example>, b@x.example\r\n"
    b"\r\nWell.\r\n",
    "receipts": b"Disposition-Notification-To: <ann@x.example>\r\n"
    b"Return-Receipt-To: ann@x.example\r\nX-Confirm-Reading-To: ann@x.example\r\n"
    b"\r\nWell.\r\n",
    "own headers": b"".join(b"X-Own-%d: value %d\r\n" % (n, n) for n in range(8))
    + b"x-lower: 1\r\nX-Twice: 1\r\nX-Twice: 2\r\nOrganization: ACME\r\n\r\nWell.\r\n",
    "sender": b"Sender: Secretary <secretary@x.example>\r\n\r\nWell.\r\n",
    "resent": b"Resent-From: r@x.example\r\nResent-To: s@x.example\r\n"
    b"Resent-Date: Fri, 20 Nov 2026 13:00:00 +0100\r\nResent-Message-ID: <r@x>\r\n"
    b"Resent-Bcc: nobody@x.example\r\n\r\nWell.\r\n",
    "received": b"".join(
        b"Received: from a%d by b%d with ESMTPS id %d;\r\n"
        b"\tFri, 20 Nov 2026 12:00:0%d +0000\r\n" % (n, n, n, n)
        for n in range(5)
    )
    + b"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=a; h=from:to;\r\n"
    b" bh=aaaa=; b=bbbb=\r\nReturn-Path: <bounces@x.example>\r\n\r\nWell.\r\n",
    "automatic": b"Auto-Submitted: auto-generated\r\n"
    b"X-Auto-Response-Suppress: All\r\n\r\nWell.\r\n",
    "keywords": b"Keywords: a, b\r\nComments: c\r\nThread-Topic: t\r\n"
    b"Thread-Index: AQHZ\r\nContent-Language: de\r\n\r\nWell.\r\n",
}

FIELDS = b"From: from@corpus.example\r\nMIME-Version: 1.0\r\nDate: now\r\n@@"

WHOLE: dict[str, bytes] = {
    "bare lf": b"From: from@corpus.example\nTo: jane@example.com\nSubject: bare\n lf\n"
    b"Message-ID: <bare-lf@corpus.example>\n\nOne.\n\nTwo.\n",
    "bare cr": b"From: from@corpus.example\rTo: jane@example.com\rX: y\r@@\rOne.\r",
    "every line break": b"From: from@corpus.example\nTo: jane@example.com\r\n@@"
    b"Date: now\r\nMIME-Version: 1.0\n\r\nOne.\nTwo.\rThree.\r\n\r\r\n",
    "from a mailbox file": b"From ann@x.example Fri Nov 20 12:00:00 2026\r\n"
    + FIELDS
    + b"To: jane@example.com\r\n\r\n>From here on.\r\n",
    "no message-id": b"From: from@corpus.example\r\nTo: jane@example.com\r\n"
    b"Subject: no message-id\r\nDate: Fri, 20 Nov 2026 12:00:00 +0000\r\n\r\nWell.\r\n",
    "no date": b"From: from@corpus.example\r\nTo: jane@example.com\r\n@@\r\nWell.\r\n",
    "no from": b"To: jane@example.com\r\n@@Subject: S\r\n\r\nWell.\r\n",
    "no subject": FIELDS + b"To: jane@example.com\r\n\r\nWell.\r\n",
    "8bit addresses": FIELDS
    + "To: Jürgen Groß <jürgen@x.example>, 用户@例え.example\r\n".encode()
    + "Subject: Grüße 🚀\r\n\r\nWell.\r\n".encode(),
    "idn": FIELDS
    + "To: a@bücher.example, b@xn--bcher-kva.example, C@X.EXAMPLE\r\n".encode()
    + b"\r\nWell.\r\n",
    "groups": FIELDS
    + b"To: Team: Ben <ben@x.example>, cleo@x.example;, dan@x.example\r\n"
    b"Cc: undisclosed-recipients:;\r\n\r\nWell.\r\n",
    "odd addresses": FIELDS + b'To: "Doe, Jane" <jane@example.com>, ben@x.example,\r\n'
    b' =?utf-8?q?J=C3=BCrgen_X?=\r\n <j@x.example>, "\\"Q\\"" <q@x.example>,,\r\n'
    b" plus+tag@x.example, o'neil@x.example\r\n\r\nWell.\r\n",
    "unseen": FIELDS + b"Bcc: Ben <ben@x.example>, cleo@x.example\r\n\r\nWell.\r\n",
    "seen and unseen": FIELDS
    + b"To: jane@example.com\r\nBcc:\r\n ben@x.example\r\nSubject: S\r\n\r\nWell.\r\n",
    "to twice": FIELDS
    + b"To: jane@example.com\r\nTo: ben@x.example\r\nSubject: S\r\n\r\nWell.\r\n",
    "120 people": FIELDS
    + b"To: "
    + b",\r\n ".join(b"P %d <p%d@x.example>" % (n, n) for n in range(120))
    + b"\r\n\r\nWell.\r\n",
}
