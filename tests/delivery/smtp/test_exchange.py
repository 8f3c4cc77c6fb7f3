"""Exchange Online's replies: each becomes what its table says, with what mends it."""

import pytest

from portal.config import Config
from portal.errors import Deferred, Rejected, Scope, Unsure, Withheld
from portal.explanations import Explanation, Who, exchange, smtp
from portal.mail.outbox import State
from portal.microsoft.problems import submission
from portal.submission.client import Reply
from portal.submission.opening import opened
from portal.submission.replies import Step, decide
from portal.workspace.accounts.servers import Authentication, Provider
from tests.delivery.smtp.obeying import Obeying, obeying
from tests.delivery.smtp.posting import JANE, hold, lane, send
from tests.delivery.steps import record

GREETING = "220 AM0PR02CA0012.outlook.office365.com Microsoft ESMTP MAIL Service ready"
HELD, LATER = (Withheld, Scope.ACCOUNT), (Deferred, Scope.MAILBOX)
STORE = "STOREDRV.Submission.Exception"

TABLE = [
    (Step.SIGN_IN, "535 5.7.3 Authentication unsuccessful", "exchange-bad-sign-in"),
    (Step.SIGN_IN, "535 5.7.139 SmtpClientAuthentication", "smtp-auth-switched-off"),
    (Step.SIGN_IN, "535 5.7.57 Client not authenticated", "exchange-not-signed-in"),
    (Step.SENDER, "530 5.7.57 Client not authenticated", "exchange-not-signed-in"),
    (Step.RECIPIENT, "530 5.7.57 Client not authenticated", "exchange-not-signed-in"),
    (Step.SENDER, "550 5.7.57 Client not authenticated", "exchange-not-signed-in"),
    (Step.SIGN_IN, "550 5.7.30 Basic authentication", "exchange-no-passwords"),
    (Step.SIGN_IN, "535 5.7.30 Basic authentication", "exchange-no-passwords"),
    (Step.CONTENT, "550 5.7.60 SMTP; Client may not send as this", "no-send-as"),
    (Step.CONTENT, f"554 5.2.252 {STORE}:SendAsDeniedException", "no-send-as"),
    (Step.CONTENT, f"554 5.2.0 {STORE}:SendAsDeniedException.Mapi", "no-send-as"),
    (Step.CONTENT, f"554 5.2.0 {STORE}:SubmissionQuotaExceededException", "over-quota"),
    (Step.CONTENT, f"554 5.2.0 {STORE}:QuotaExceededException", "mailbox-full"),
    (Step.CONTENT, "554 5.2.0 something else", "smtp-refused"),
    (Step.SENDER, "550 5.2.251 throttled: mailbox full", "exchange-stopped"),
    (Step.SENDER, "550 5.2.252 throttled: send as", "exchange-stopped"),
    (Step.SENDER, "550 5.2.253 throttled: license", "exchange-stopped"),
    (Step.SENDER, "550 5.2.254 throttled: recipients", "exchange-stopped"),
    (Step.SENDER, "550 5.2.255 throttled: recipients", "exchange-stopped"),
    (Step.CONTENT, "554 5.2.2 mailbox full", "mailbox-full"),
    (Step.RECIPIENT, "554 5.2.2 mailbox full", "smtp-no-recipient"),
    (Step.CONTENT, "550 5.1.8 Access denied, bad outbound sender", "sender-blocked"),
    (Step.RECIPIENT, "550 5.1.8 Access denied, bad outbound sender", "sender-blocked"),
    (Step.CONTENT, "432 4.3.2 Concurrent connections limit exceeded", "throttled"),
    (Step.GREETING, "432 4.3.2 Concurrent connections limit exceeded", "throttled"),
    (Step.CONTENT, "421 4.4.2 Message submission rate exceeded", "throttled"),
    (Step.RECIPIENT, "421 4.4.2 Message submission rate exceeded", "throttled"),
    (Step.SENDER, "450 4.7.0 later", "smtp-busy"),
    (Step.SENDER, "421 4.3.2 Service not active", "smtp-busy"),
    (Step.CONTENT, "450 4.7.0 later", "smtp-not-now"),
    (Step.CONTENT, "451 4.4.0 DNS query failed", "smtp-not-now"),
    (Step.RECIPIENT, "450 4.7.0 later", "smtp-not-now"),
    (Step.CONTENT, "354 what", "smtp-no-clear-answer"),
]
ROWS: dict[str, tuple[type[Exception], Scope, Who]] = {
    "exchange-bad-sign-in": (*HELD, Who.WORKSPACE),
    "smtp-auth-switched-off": (*HELD, Who.MICROSOFT),
    "exchange-not-signed-in": (*HELD, Who.OPERATOR),
    "exchange-no-passwords": (*HELD, Who.OPERATOR),
    "exchange-stopped": (*HELD, Who.MICROSOFT),
    "no-send-as": (*HELD, Who.MICROSOFT),
    "over-quota": (*HELD, Who.WORKSPACE),
    "mailbox-full": (*HELD, Who.MICROSOFT),
    "sender-blocked": (*HELD, Who.MICROSOFT),
    "throttled": (*LATER, Who.NOBODY),
    "smtp-busy": (*LATER, Who.NOBODY),
    "smtp-not-now": (Deferred, Scope.MESSAGE, Who.NOBODY),
    "smtp-refused": (Rejected, Scope.MESSAGE, Who.SENDER),
    "smtp-no-recipient": (Rejected, Scope.MESSAGE, Who.SENDER),
    "smtp-no-clear-answer": (Unsure, Scope.MESSAGE, Who.NOBODY),
}


@pytest.mark.parametrize(("step", "said", "name"), TABLE, ids=str)
def test_each_reply_leads_to_its_row_and_becomes_what_that_says(
    step: Step, said: str, name: str
) -> None:
    status, _, text = said.partition(" ")

    row = decide(Reply(status=int(status), text=text), step, Provider.MICROSOFT)

    assert (row.name, (row.kind, row.scope, row.who)) == (name, ROWS[name])


def test_every_reply_that_is_known_stands_in_the_table() -> None:
    replies = [said for _, said, _ in TABLE]

    assert {" ".join(said.split()[:2]) for said in replies} >= set(submission.CODES)
    for name in submission.EXCEPTIONS:
        assert any(f"554 5.2.0 {STORE}:{name}Exception" in said for said in replies)


@pytest.mark.parametrize("provider", [*Provider, None])
@pytest.mark.parametrize("said", ["535 5.7.3 no", "535 5.7.1 no", "554 no"])
@pytest.mark.parametrize(
    ("step", "row", "who"),
    [
        (Step.OAUTH, smtp.NO_TOKEN, Who.WORKSPACE),
        (Step.APPLICATION, smtp.NOT_LET_IN, Who.MICROSOFT),
    ],
)
def test_a_refused_token_is_told_as_whose_it_is(
    said: str, step: Step, row: Explanation, who: Who, provider: Provider | None
) -> None:
    status, _, text = said.partition(" ")

    found = decide(Reply(status=int(status), text=text), step, provider)

    assert (found, found.who) == (row, who)


@pytest.mark.parametrize("step", [Step.GREETING, Step.SENDER, Step.CONTENT])
@pytest.mark.parametrize("status", [421, 450, 451, 452])
def test_what_another_server_may_have_said_is_not_told_as_microsofts(
    step: Step, status: int
) -> None:
    reply = Reply(status=status, text="4.3.0 Try again later")

    decision = decide(reply, step, Provider.MICROSOFT)

    assert decision in {smtp.BUSY, smtp.NOT_NOW}


@pytest.mark.parametrize("said", ["554 5.2.2 full", "550 5.7.60 no", "550 5.1.8 bad"])
def test_what_another_server_says_so_is_about_the_message(said: str) -> None:
    status, _, text = said.partition(" ")

    decision = decide(Reply(status=int(status), text=text), Step.CONTENT, None)

    assert (decision.kind, decision.scope) == (Rejected, Scope.MESSAGE)


def test_the_line_that_switches_it_on_names_the_mailbox(house: Config) -> None:
    with obeying(greeting=GREETING) as told:
        told.replies["AUTH"] = ["535 5.7.139 SmtpClientAuthentication is disabled"]
        message = send(told.signing_in())

    held = hold()
    assert held is not None
    assert held.command == (
        "Set-CASMailbox -Identity 'reports@contoso.example'"
        " -SmtpClientAuthenticationDisabled $false"
    )
    assert record(message).state == State.HELD


def test_who_takes_microsofts_tokens_is_microsoft_by_any_name(house: Config) -> None:
    replies = {"AUTH": ["535 5.7.139 SmtpClientAuthentication is disabled"]}

    with obeying(replies=replies) as told, pytest.raises(Withheld) as refused:
        opened(told.signing_in(authentication=Authentication.OAUTH), "token", "")

    assert refused.value.cause == exchange.SWITCHED_OFF.name


def test_a_missing_send_as_is_told_with_the_line_that_gives_it(house: Config) -> None:
    with obeying(greeting=GREETING) as told:
        told.replies["CONTENT"] = ["554 5.2.252 SendAsDenied; a may not send as b"]
        send(told.signing_in(username="alex@contoso.example"))

    held = hold()
    assert held is not None
    assert held.command.startswith(
        "Add-RecipientPermission -Identity 'reports@contoso.example'"
        " -Trustee 'alex@contoso.example'"
    )


def test_too_many_connections_pause_the_mailbox(house: Config) -> None:
    with obeying(greeting=GREETING) as told:
        told.replies[f"RCPT {JANE}"] = ["432 4.3.2 Concurrent connections"]
        message = send(told.signing_in())

    assert record(message).state == State.QUEUED
    assert lane().paused_until is not None


def test_the_same_words_of_another_server_are_its_own(mail: Obeying) -> None:
    mail.replies["CONTENT"] = ["554 5.2.252 SendAsDenied"]

    message = send(mail.signing_in())

    assert record(message).state == State.FAILED
