"""What the sandbox reads of a mail that no honest program wrote."""

from portal.sandbox.mailbox import mime


def test_a_charset_that_python_alone_knows_hides_no_mail() -> None:
    source = b"Content-Type: text/plain; charset=idna\r\n\r\nHi"

    assert mime.look(source)["text"] == "Hi"


def test_comments_within_comments_name_nobody() -> None:
    assert mime.recipients(["(" * 10_000 + "jane@example.com"]) == []
