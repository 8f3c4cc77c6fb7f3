"""Mails in parts, written by hand: pictures, files, mails in mails, and seals."""

from tests.corpus.by_hand import HTML, PNG, TEXT, file, named, parts, started

INVITE = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x.example\r\n"
    b"END:VEVENT\r\nEND:VCALENDAR\r\n"
)
INNER = (
    b"From: inner@x.example\r\nTo: other@x.example\r\nSubject: Inner\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n"
    b"--inner\r\nContent-Type: text/plain\r\n\r\nInner text.\r\n"
    b"--inner\r\nContent-Type: application/pdf; name=inner.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nUERG\r\n--inner--\r\n"
)
NESTED = (
    b"From: o@x.example\r\nSubject: Outer\r\nContent-Type: message/rfc822\r\n\r\n"
    + INNER
)
PGP = b"-----BEGIN PGP %b-----\r\n\r\niQEzBAEB\r\n=abcd\r\n-----END PGP %b-----\r\n"


def mails() -> dict[str, bytes]:
    return started(PARTED)


PARTED: dict[str, bytes] = {
    # multiparts
    "preamble and epilogue": parts(TEXT, HTML, kind="alternative").replace(
        b"\r\n\r\n--b", b"\r\n\r\nThis is a mail in parts.\r\n--b", 1
    )
    + b"Nobody reads this.\r\n",
    "a boundary of 70 characters": parts(TEXT, named("filename=a"), boundary="b" * 70),
    "an odd boundary": parts(
        TEXT,
        named("filename=a"),
        boundary="'()+_,-./:=? b",
        quoted='"\'()+_,-./:=? b"',
    ),
    "no last boundary": parts(TEXT, named("filename=a")).removesuffix(b"--b--\r\n"),
    "one part": parts(TEXT),
    "empty parts": parts(b"\r\n", TEXT, b"\r\n"),
    "several texts": parts(
        TEXT, named("filename=a"), b"Content-Type: text/plain\r\n\r\nFooter.\r\n"
    ),
    "two pages": parts(HTML, named("filename=a"), HTML.replace(b"W", b"B")),
    "parts in parts": parts(
        parts(
            parts(TEXT, HTML, kind="alternative", boundary="b2"),
            file("Content-ID: <1@x>", PNG, "image/png"),
            kind="related",
            boundary="b1",
        ),
        named("filename=a"),
    ),
    "pictures": parts(
        b"Content-Type: text/html\r\n\r\n<img src='cid:image001.png@01D9.AB$%25C'>"
        b'<img src="cid:a%20b"><img src="cid:plain">\r\n',
        file(
            "Content-ID: <image001.png@01D9.AB$%C>\r\n"
            "Content-Disposition: inline; filename=image001.png",
            PNG,
            "image/png",
        ),
        file("Content-ID: <a b>", PNG + b"2", "image/png"),
        file("Content-ID: <plain>", PNG + b"3", "image/jpeg; name=photo.jpg"),
        kind="related; type=text/html",
    ),
    "a picture beside a text": parts(
        TEXT, file("Content-Disposition: inline; filename=a.png", PNG, "image/png")
    ),
    "amp": parts(
        TEXT,
        b"Content-Type: text/x-amp-html\r\n\r\n<html amp4email>\r\n",
        HTML,
        kind="alternative",
    ),
    "an invitation": parts(
        TEXT,
        HTML,
        b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\n" + INVITE,
        kind="alternative",
    ),
    "an invitation as a file": parts(
        TEXT,
        file(
            "Content-Disposition: attachment; filename=i.ics",
            INVITE,
            "text/calendar; method=REQUEST",
        ),
    ),
    "a business card": parts(
        TEXT,
        b"Content-Type: text/vcard; name=a.vcf\r\n\r\nBEGIN:VCARD\r\nEND:VCARD\r\n",
    ),
    "a forwarded mail": parts(
        TEXT,
        b"Content-Type: message/rfc822\r\nContent-Disposition: attachment;"
        b' filename="Inner.eml"\r\n\r\n' + INNER,
    ),
    "a mail in a mail in a mail": parts(
        TEXT, b"Content-Type: message/rfc822\r\n\r\n" + NESTED
    ),
    "a mail and nothing else": b"Content-Type: message/rfc822\r\n\r\n" + INNER,
    "a digest": parts(b"\r\n" + INNER, b"\r\n" + NESTED, kind="digest"),
    "undelivered": parts(
        TEXT,
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; j@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"Content-Type: text/rfc822-headers\r\n\r\nSubject: S\r\n",
        kind="report; report-type=delivery-status",
    ),
    "read": parts(
        TEXT,
        b"Content-Type: message/disposition-notification\r\n\r\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\r\n",
        kind="report; report-type=disposition-notification",
    ),
    # files
    "an empty file": parts(
        TEXT, file("Content-Disposition: attachment; filename=empty.txt", b"")
    ),
    "names in rfc 2231": parts(
        TEXT,
        named("filename*=utf-8'de'Gr%C3%BC%C3%9Fe.txt"),
        named(
            "filename*0*=iso-8859-1''Gr%FC;\r\n filename*1*=%DFe%20;\r\n"
            ' filename*2="2.txt"'
        ),
        named('filename*0="a long ";\r\n filename*1="name.txt"'),
    ),
    "names as encoded words": parts(
        TEXT,
        named('filename="=?utf-8?B?R3LDvMOfZS50eHQ=?="'),
        file(
            "Content-Disposition: attachment",
            kind='x/y; name="=?iso-8859-1?Q?Gr=FC=DFe_2=2Etxt?="',
        ),
    ),
    "odd names": parts(
        TEXT,
        named(r'filename="a \"quoted\" name.txt"'),
        named('filename="back\\\\slash.txt"'),
        named('filename="rocket 🚀.txt"'),
        named('filename="../../etc/passwd"'),
        named('filename="a;b,c.txt"'),
        named('filename=""'),
        named("filename*=utf-8''%0D%0ABcc%3A.txt"),
    ),
    "a name in the type only": parts(TEXT, file("X-Y: z", kind='x/y; name="a b.txt"')),
    "an unknown encoding": parts(
        TEXT,
        b"Content-Type: x/y; name=a.uue\r\nContent-Transfer-Encoding: x-uuencode\r\n"
        b"\r\nbegin 644 a\r\n#0V%T\r\n`\r\nend\r\n",
    ),
    "types in odd letters": parts(
        b"CONTENT-TYPE: TEXT/PLAIN; CHARSET=UTF-8\r\n\r\nWell.\r\n",
        b"content-type: Application/PDF\r\ncontent-disposition: ATTACHMENT;"
        b' FILENAME="A.PDF"\r\n\r\nPDF\r\n',
    ),
    # what is sealed, by its shape alone
    "pgp signed": parts(
        TEXT,
        b"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n"
        + PGP % (b"SIGNATURE", b"SIGNATURE"),
        kind="signed; micalg=pgp-sha256; protocol=application/pgp-signature",
    ),
    "pgp encrypted": parts(
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n",
        b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"
        + PGP % (b"MESSAGE", b"MESSAGE"),
        kind="encrypted; protocol=application/pgp-encrypted",
    ),
    "pgp signed with a footer": parts(
        parts(TEXT, TEXT, kind="signed", boundary="s"),
        b"Content-Type: text/plain\r\n\r\nFooter.\r\n",
    ),
    "pgp in its text": b"\r\n" + PGP % (b"MESSAGE", b"MESSAGE"),
}
