"""What an account adds to a mail: fields that it lacks, and a footer."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from portal.mail.message import Address
from portal.mail.mime import leaving

HELP = Address(address="help@contoso.example")
PARTED = b"Content-Type: %s; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n"
BESIDE = b"--b\r\nContent-Type: %s; name=smime.p7m\r\n\r\nMIAG\r\n"
SEALED = {
    "multipart/signed": PARTED % b"multipart/signed",
    "multipart/encrypted": PARTED % b"multipart/encrypted",
    "S/MIME": PARTED % b"multipart/mixed" + BESIDE % b"application/pkcs7-mime",
    "old S/MIME": PARTED % b"multipart/mixed" + BESIDE % b"application/x-pkcs7-mime",
}
PGP = ["-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP SIGNED MESSAGE-----"]
PUBLIC_KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


def mail(text: str | None = "Hello", html: str | None = None, **more: str) -> bytes:
    written = EmailMessage(policy=policy.SMTP)
    written["Subject"] = "x"
    charset, cte = more.get("charset", "utf-8"), more.get("cte")
    if text is not None:
        written.set_content(text, charset=charset, cte=cte)
    if html is not None and text is None:
        written.set_content(html, subtype="html")
    elif html is not None:
        written.add_alternative(html, subtype="html")
    return written.as_bytes()


def bodies(raw: bytes) -> dict[str, str]:
    parsed = message_from_bytes(raw, policy=policy.default)
    return {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in parsed.walk()
        if isinstance(part, EmailMessage) and part.get_content_maintype() == "text"
    }


def footed(raw: bytes, text: str = "Contoso, Köln", html: str = "") -> bytes:
    return leaving.with_footer(raw, text=text, html=html)


@pytest.mark.parametrize("cte", ["7bit", "8bit", "quoted-printable", "base64"])
def test_a_footer_stands_under_a_text(cte: str) -> None:
    text = "Hello" if cte == "7bit" else "Grüße"

    told = bodies(footed(mail(text, cte=cte)))

    assert told == {"text/plain": f"{text}\n\nContoso, Köln\n"}


def test_a_text_in_another_charset_may_get_what_that_has_not() -> None:
    told = bodies(footed(mail("Grüße", charset="iso-8859-1"), "Łódź"))

    assert told["text/plain"] == "Grüße\n\nŁódź\n"


def test_each_body_gets_its_own() -> None:
    raw = mail("Hello", "<html><body><p>Hello</p></body></html>")

    told = bodies(footed(raw, html="<i>Contoso</i>"))

    assert told["text/plain"] == "Hello\n\nContoso, Köln\n"
    assert "<p>Hello</p>\n<div><i>Contoso</i></div>\n</body>" in told["text/html"]


def test_a_text_stands_under_an_html_as_text() -> None:
    told = bodies(footed(mail(None, "<p>Hello</p>"), "a < b\nc"))

    assert "<div>a &lt; b<br>\nc</div>" in told["text/html"]


def test_a_footer_of_html_alone_leaves_the_text_as_it_is() -> None:
    told = bodies(footed(mail("Hello", "<p>Hello</p>"), text="", html="<i>x</i>"))

    assert told["text/plain"] == "Hello\n"
    assert "<i>x</i>" in told["text/html"]


@pytest.mark.parametrize("kind", SEALED)
def test_what_is_signed_or_encrypted_is_never_touched(kind: str) -> None:
    raw = SEALED[kind] + b"--b--\r\n"

    assert footed(raw) == raw


@pytest.mark.parametrize("armor", PGP)
@pytest.mark.parametrize("cte", ["7bit", "base64"])
def test_nor_is_a_text_with_pgp_in_it(armor: str, cte: str) -> None:
    raw = mail(f"Hello\n\n{armor}\n\nwcBMA\n", cte=cte)

    assert footed(raw) == raw


@pytest.mark.parametrize("armor", PGP)
@pytest.mark.parametrize("text", [None, "Hello"])
def test_nor_is_an_html_with_pgp_in_it(armor: str, text: str | None) -> None:
    raw = mail(text, f"<pre>{armor}\n\nwcBMA\n</pre>")

    assert footed(raw) == raw


@pytest.mark.parametrize("text", [f"> {PGP[0]}", PUBLIC_KEY])
def test_a_text_that_only_tells_of_pgp_gets_a_footer(text: str) -> None:
    assert bodies(footed(mail(text)))["text/plain"] == f"{text}\n\nContoso, Köln\n"


def test_what_dkim_signed_is_never_touched() -> None:
    raw = b"DKIM-Signature: v=1; d=contoso.example; bh=x; b=y\r\n" + mail()

    assert footed(raw) == raw


def test_what_nobody_can_read_stays_as_it_is() -> None:
    raw = b"Content-Type: text/plain; charset=klingon\r\n\r\nHello"

    assert footed(raw) == raw


def test_a_file_gets_no_footer() -> None:
    written = EmailMessage(policy=policy.SMTP)
    written.set_content("Hello")
    written.add_attachment("a,b", filename="a.txt")

    told = footed(written.as_bytes()).decode()

    assert told.count("Contoso") == 1
    assert "a,b" in told


def test_a_field_is_filled_in_where_it_is_missing() -> None:
    own = b"Reply-To: ann@contoso.example\r\n" + mail()

    assert leaving.filled(mail(), "Reply-To", HELP).startswith(b"Reply-To: help@")
    assert leaving.filled(own, "Reply-To", HELP) == own


def test_or_replaced_whatever_it_said() -> None:
    own = b"Reply-To: ann@contoso.example\r\nREPLY-TO: joe@x.example\r\n" + mail()

    told = leaving.replaced(own, "Reply-To", HELP)

    assert message_from_bytes(told).get_all("reply-to") == ["help@contoso.example"]
