"""smtp.office365.com, played: who may submit, as whom, and what it is told."""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage

import pytest

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, PASSWORD
from tests.sandbox.serving import Sandbox
from tests.sandbox.smtp.conftest import encrypted
from tests.sandbox.smtp.submitting import bearer
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    NOREPLY,
    REPORTS,
    approval_url,
    ask_token,
    code,
    redeem,
)

OFFICE = "https://outlook.office.com/"
OFFICE_365 = "https://outlook.office365.com/"
GRAPH = "https://graph.microsoft.com/"
SCOPE = f"offline_access openid {OFFICE}SMTP.Send"
JANE = "jane@example.com"


def mail(sender: str = REPORTS, to: str = JANE) -> EmailMessage:
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, to, "Bill"
    written.set_content("All is well.")
    return written


def refusal(error: pytest.ExceptionInfo[smtplib.SMTPResponseException]) -> str:
    said = error.value.smtp_error
    words = said.decode() if isinstance(said, bytes) else said
    return f"{error.value.smtp_code} {words}"


def delegated(sandbox: Sandbox, as_: str = REPORTS, scope: str = SCOPE) -> str:
    given = code(sandbox, as_=as_, scope=scope)
    token: str = redeem(sandbox, given, scope=scope).json()["access_token"]
    return token


def application(sandbox: Sandbox, resource: str = OFFICE_365) -> str:
    sandbox.sign_in(None, approval_url(sandbox))
    form = {"grant_type": "client_credentials", "scope": f"{resource}.default"}
    token: str = ask_token(sandbox, **form).json()["access_token"]
    return token


@pytest.fixture
def client(exchange: Sandbox) -> Iterator[smtplib.SMTP]:
    """Connect, with TLS."""
    with encrypted(exchange) as connected:
        yield connected


def test_nothing_is_said_of_signing_in_before_tls(exchange: Sandbox) -> None:
    assert exchange.smtp
    with smtplib.SMTP("localhost", exchange.smtp.port, timeout=20) as plain:
        plain.ehlo()

        assert "auth" not in plain.esmtp_features
        assert "starttls" in plain.esmtp_features


def test_it_offers_what_exchange_does(client: smtplib.SMTP) -> None:
    assert client.esmtp_features["auth"].split() == ["LOGIN", "XOAUTH2"]
    assert client.esmtp_features["size"] == str(35 * 1024 * 1024)


def test_a_person_submits_with_a_password(
    exchange: Sandbox, client: smtplib.SMTP
) -> None:
    client.login(REPORTS, PASSWORD)
    client.send_message(mail(), to_addrs=[JANE, "hidden@example.com"])

    [sent] = exchange.mails()
    assert (sent["mailbox"], sent["from"]) == (REPORTS, REPORTS)
    assert (sent["to"], sent["bcc"]) == ([JANE], ["hidden@example.com"])
    assert sent["text"].strip() == "All is well."


@pytest.mark.parametrize(
    ("name", "password"),
    [(REPORTS, "wrong"), (NOREPLY, PASSWORD), ("nobody@contoso.example", PASSWORD)],
)
def test_nobody_else_does(client: smtplib.SMTP, name: str, password: str) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError) as error:
        client.login(name, password)

    assert refusal(error).startswith("535 5.7.3 ")


def test_who_has_not_signed_in_sends_nothing(client: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as error:
        client.send_message(mail())

    assert refusal(error).startswith("530 5.7.57 ")


@pytest.mark.parametrize("sender", [NOREPLY, REPORTS])
def test_whoever_may_send_as_another_does(
    exchange: Sandbox, client: smtplib.SMTP, sender: str
) -> None:
    client.login(REPORTS, PASSWORD)

    client.send_message(mail(sender))

    assert exchange.mails()[0]["from"] == sender


def test_whoever_may_not_is_told(client: smtplib.SMTP) -> None:
    client.login(ALEX, PASSWORD)

    with pytest.raises(smtplib.SMTPDataError) as error:
        client.send_message(mail(NOREPLY))

    assert refusal(error).startswith("554 5.2.252 SendAsDenied")


def test_nor_in_the_envelope(client: smtplib.SMTP) -> None:
    client.login(ALEX, PASSWORD)

    with pytest.raises(smtplib.SMTPDataError) as error:
        client.send_message(mail(ALEX), from_addr=ADMIN)

    assert refusal(error).startswith("550 5.7.60 ")


def test_a_person_submits_with_a_token(exchange: Sandbox, client: smtplib.SMTP) -> None:
    token = delegated(exchange)

    assert bearer(client, REPORTS, token)[0] == 235
    client.send_message(mail())
    assert exchange.mails()[0]["call"] == "SMTP submission (delegated)"


def test_a_token_opens_a_shared_mailbox_of_its_member(
    exchange: Sandbox, client: smtplib.SMTP
) -> None:
    assert bearer(client, NOREPLY, delegated(exchange, ADMIN))[0] == 235


def test_the_application_submits_as_any_mailbox(
    exchange: Sandbox, client: smtplib.SMTP
) -> None:
    assert bearer(client, ALEX, application(exchange))[0] == 235


@pytest.mark.parametrize("whose", ["graph", "graph application", "another's", "none"])
def test_a_token_for_something_else_opens_nothing(
    exchange: Sandbox, client: smtplib.SMTP, whose: str
) -> None:
    tokens: dict[str, Callable[[], str]] = {
        "graph": lambda: delegated(exchange, scope=f"{GRAPH}Mail.Send openid"),
        "graph application": lambda: application(exchange, GRAPH),
        "another's": lambda: delegated(exchange, ALEX),
        "none": lambda: "not.a.token",
    }
    with pytest.raises(smtplib.SMTPAuthenticationError) as error:
        bearer(client, REPORTS, tokens[whose]())

    assert refusal(error).startswith("535 5.7.3 ")


def test_a_request_names_one_resource(exchange: Sandbox) -> None:
    given = code(exchange, as_=REPORTS, scope=f"{SCOPE}")

    answer = redeem(exchange, given, scope=f"{OFFICE}SMTP.Send {GRAPH}Mail.Send")

    assert answer.status_code == 400


def test_one_refresh_token_serves_both_resources(exchange: Sandbox) -> None:
    both = code(exchange, as_=REPORTS, scope=f"{GRAPH}Mail.Send offline_access")
    graph = redeem(exchange, both, scope=f"{GRAPH}Mail.Send offline_access").json()
    delegated(exchange)  # which consents to the other
    form = {
        "grant_type": "refresh_token",
        "refresh_token": graph["refresh_token"],
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }

    other = ask_token(exchange, **form, scope=f"{OFFICE}SMTP.Send").json()

    assert other["scope"] == f"{OFFICE}SMTP.Send"
    assert graph["scope"] == f"{GRAPH}Mail.Send"


@pytest.mark.parametrize(
    ("kind", "says"),
    [("smtp-auth-off", "535 5.7.139"), ("smtp-basic-off", "550 5.7.30")],
)
def test_passwords_are_switched_off(
    exchange: Sandbox, client: smtplib.SMTP, kind: str, says: str
) -> None:
    exchange.fault(kind)

    with pytest.raises(smtplib.SMTPAuthenticationError) as error:
        client.login(REPORTS, PASSWORD)

    assert refusal(error).startswith(says)


@pytest.mark.parametrize(
    ("kind", "taken"), [("smtp-auth-off", False), ("smtp-basic-off", True)]
)
def test_which_of_the_switches_binds_tokens(
    exchange: Sandbox, client: smtplib.SMTP, kind: str, taken: bool
) -> None:
    token = delegated(exchange)
    exchange.fault(kind)

    if taken:
        assert bearer(client, REPORTS, token)[0] == 235
    else:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            bearer(client, REPORTS, token)


def test_a_fourth_connection_is_too_many(exchange: Sandbox) -> None:
    exchange.fault("smtp-limits")
    with ExitStack() as connected:
        clients = [connected.enter_context(encrypted(exchange)) for _ in range(4)]
        for client in clients:
            client.login(REPORTS, PASSWORD)

        with pytest.raises(smtplib.SMTPSenderRefused) as error:
            clients[-1].send_message(mail())

    assert refusal(error).startswith("432 4.3.2 ")


def test_a_thirty_first_message_is_too_fast(
    exchange: Sandbox, client: smtplib.SMTP
) -> None:
    exchange.fault("smtp-limits")
    client.login(REPORTS, PASSWORD)
    for _ in range(30):
        client.mail(REPORTS)
        client.rset()

    assert client.mail(REPORTS)[0] == 421


@pytest.mark.parametrize(
    ("kind", "sent"), [("smtp-dropped", 0), ("smtp-dropped-accepted", 1)]
)
def test_an_answer_after_the_dot_is_lost(
    exchange: Sandbox, client: smtplib.SMTP, kind: str, sent: int
) -> None:
    client.login(REPORTS, PASSWORD)
    exchange.fault(kind)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.send_message(mail())

    assert len(exchange.mails()) == sent


def test_a_reply_is_said_to_one_recipient(
    exchange: Sandbox, client: smtplib.SMTP
) -> None:
    exchange.fault("smtp-reply", only=f"RCPT {JANE} ", reply="550 5.1.1 unknown")
    client.login(REPORTS, PASSWORD)

    refused = client.send_message(mail(), to_addrs=[JANE, "joe@example.com"])

    assert refused == {JANE: (550, b"5.1.1 unknown")}
