"""Where a server reports what it cannot deliver: as the mail asks, or its account."""

from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.explanations import exchange, graph
from portal.intake import desk
from portal.intake.cover import Cover
from portal.mail.outbox import State
from portal.workspace import accounts
from portal.workspace.accounts import Letterhead
from tests import keyring
from tests.delivery.smtp.obeying import Obeying
from tests.delivery.smtp.posting import (
    JANE,
    JOE,
    NAME,
    REPORTS,
    add,
    hold,
    parts,
    work,
)
from tests.delivery.steps import record

MAIL = f"From: {REPORTS}\r\nTo: {JANE}\r\nSubject: Hi\r\n\r\nWell.\r\n".encode()
BOUNCES = "bounces@contoso.example"
OWN = "failures@contoso.example"
EVE = "eve@fabrikam.example"
NOBODY = ""
MICROSOFT = "220 outlook.office365.com Microsoft ESMTP MAIL Service ready"
OPERATOR = Caller(name="test")


@pytest.fixture
def relay(mail: Obeying) -> Obeying:
    """Add an account that sends as Reports, and as who collects bounces."""
    add(mail.server(), REPORTS, BOUNCES)
    return mail


def put_on(return_path: str, *, force: bool = False) -> None:
    letterhead = Letterhead(return_path=return_path, force=force)
    with db.session() as session:
        account = accounts.find(session, NAME)
        accounts.decide_letterhead(session, account.id, letterhead)


def bring(return_path: str | None, by: Caller = OPERATOR, *others: str) -> UUID:
    cover = Cover(recipients=[JANE, *others], return_path=return_path)
    return UUID(desk.take(MAIL, by, NAME, cover).id)


def asked(mail: Obeying) -> list[str]:
    """Return who a mail was said to be from, each time."""
    return [line.split("<")[1].split(">")[0] for line in mail.said("MAIL")]


@pytest.mark.parametrize(
    ("brought", "own", "replaced", "said"),
    [
        (None, "", False, REPORTS),
        (None, OWN, False, OWN),
        (BOUNCES, "", False, BOUNCES),
        (BOUNCES, OWN, False, BOUNCES),
        (BOUNCES, OWN, True, OWN),
        (BOUNCES, "", True, BOUNCES),
        # It says no more than From does.
        (REPORTS, OWN, False, OWN),
        # The account does not send as that.
        (EVE, OWN, False, OWN),
        (EVE, "", False, REPORTS),
        (EVE, "", True, REPORTS),
        # A report is never answered by another.
        (NOBODY, "", False, NOBODY),
        (NOBODY, OWN, False, NOBODY),
        (NOBODY, OWN, True, NOBODY),
    ],
)
def test_what_a_mail_asks_for_stays_unless_the_account_replaces_it(
    relay: Obeying, brought: str | None, own: str, replaced: bool, said: str
) -> None:
    put_on(own, force=replaced)
    bring(brought)

    work()

    assert asked(relay) == [said]


def test_a_server_that_takes_nothing_from_nobody_is_told_somebody(
    relay: Obeying,
) -> None:
    relay.replies["MAIL"] = ["550 5.7.1 who are you?"]
    put_on(OWN)
    message = bring(NOBODY)

    work()

    assert record(message).state == State.SENT
    assert asked(relay) == [NOBODY, OWN]


def test_so_is_one_that_says_so_of_each_recipient_only(relay: Obeying) -> None:
    for each in (JANE, JOE):
        relay.replies[f"RCPT {each}"] = ["550 5.7.1 nothing from nobody"]
    message = bring(NOBODY, OPERATOR, JOE)

    work()

    assert record(message).state == State.SENT
    assert asked(relay) == [NOBODY, REPORTS]
    assert len(relay.mails) == 1
    assert parts(message) == []


def test_whom_it_refuses_all_the_same_is_told_of(relay: Obeying) -> None:
    relay.replies[f"RCPT {JANE}"] = ["550 5.7.1 nothing from nobody", "550 5.1.1 who?"]
    message = bring(NOBODY)

    work()

    assert record(message).state == State.FAILED
    assert "who?" in record(message).reason
    assert asked(relay) == [NOBODY, REPORTS]


@pytest.mark.parametrize("other", ["250 2.1.5 OK", "451 4.7.1 later"])
def test_it_is_told_nobody_else_while_it_may_take_anybody(
    relay: Obeying, other: str
) -> None:
    relay.replies[f"RCPT {JANE}"] = ["550 5.1.1 who?"]
    relay.replies[f"RCPT {JOE}"] = [other]
    bring(NOBODY, OPERATOR, JOE)

    work()

    assert asked(relay) == [NOBODY]


def test_one_that_takes_it_later_is_not(relay: Obeying) -> None:
    relay.replies["MAIL"] = ["451 4.3.0 later"]
    message = bring(NOBODY)

    work()

    assert record(message).state == State.QUEUED
    assert asked(relay) == [NOBODY]


@pytest.mark.parametrize(
    "greeting",
    [
        "220 mail.example Microsoft ESMTP MAIL Service",
        "220 mail.example ESMTP 1 - gsmtp",
    ],
)
def test_a_mailbox_reports_as_itself(relay: Obeying, greeting: str) -> None:
    relay.greeting = greeting
    bring(NOBODY)

    work()

    assert asked(relay) == [REPORTS]


def test_a_recipient_who_has_to_wait_has_the_same_envelope(relay: Obeying) -> None:
    relay.replies[f"RCPT {JOE}"] = ["452 4.5.3 too many recipients"]
    message = bring(NOBODY, OPERATOR, JOE)

    work()
    work()

    assert len(parts(message)) == 1
    assert asked(relay) == [NOBODY, NOBODY]


def test_so_has_a_mail_that_is_sent_again(relay: Obeying) -> None:
    message = bring(BOUNCES)
    work()

    desk.again(message, OPERATOR)
    work()

    assert asked(relay) == [BOUNCES, BOUNCES]


def test_a_key_asks_for_no_address_that_it_may_not_send_as(relay: Obeying) -> None:
    bring(BOUNCES, keyring.made(senders=(REPORTS,)))

    work()

    assert asked(relay) == [REPORTS]


@pytest.fixture(params=["CONTENT", "MAIL"])
def denying(request: pytest.FixtureRequest, mail: Obeying) -> Obeying:
    """Let Exchange deny Send As, of what a MAIL said or of all that it got."""
    mail.greeting = MICROSOFT
    mail.replies[request.param] = ["550 5.7.60 SMTP; may not send as this sender"]
    return mail


@pytest.mark.parametrize(("brought", "own"), [(None, OWN), (BOUNCES, "")])
def test_a_return_path_without_send_as_is_told_as_one(
    denying: Obeying, brought: str | None, own: str
) -> None:
    add(denying.signing_in(), REPORTS, BOUNCES)
    put_on(own)
    bring(brought)

    work()

    held = hold()
    assert held is not None
    assert (held.cause, held.command) == (exchange.NOT_ITS_RETURN_PATH.name, "")
    assert (brought or own) in held.reason


@pytest.mark.parametrize("own", ["", REPORTS.upper(), "alex@contoso.example"])
def test_where_no_other_address_is_said_from_is_what_is_denied(
    denying: Obeying, own: str
) -> None:
    add(denying.signing_in(username="alex@contoso.example"))
    put_on(own)
    bring(None)

    work()

    held = hold()
    assert held is not None
    assert held.cause == graph.NO_SEND_AS.name
    assert "-Trustee 'alex@contoso.example'" in held.command


def test_no_line_gives_an_address_the_right_to_send_as_itself(
    denying: Obeying,
) -> None:
    add(denying.signing_in(username=REPORTS.upper()))
    bring(None)

    work()

    held = hold()
    assert held is not None
    assert (held.cause, held.command) == (graph.NO_SEND_AS.name, "")
