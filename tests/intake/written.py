"""Mails as a client writes them, byte by byte."""

HEAD = (
    b"Message-ID: <1@x.example>\r\nFrom: Ann <a@x.example>\r\nTo: ben@x.example\r\n"
    b"Date: Fri, 20 Nov 2026 12:00:00 +0000\r\nSubject:  two  spaces\r\n"
    b"MIME-Version: 1.0\r\n"
)


def long(kind: bytes = b"x/y") -> bytes:
    line = b"QUJD" * 18 + b"\r\n"
    start = b"Content-Type: %b\r\nContent-Transfer-Encoding: base64\r\n\r\n" % kind
    return HEAD + start + line * 40_000
