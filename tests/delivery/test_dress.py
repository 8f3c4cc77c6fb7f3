"""What an account puts on its mail, by whichever transport that leaves."""

from dataclasses import replace
from email import message_from_bytes
from email.message import Message as Parsed

import pytest

from portal import config, db
from portal.config import Config
from portal.mail.outbox import State
from portal.workspace import accounts
from portal.workspace.accounts import Letterhead
from tests.corpus import journey
from tests.delivery import applying
from tests.delivery.smtp.conftest import mail
from tests.delivery.smtp.obeying import Obeying
from tests.delivery.smtp.posting import NAME, REPORTS, add, put, work
from tests.delivery.steps import record
from tests.delivery.steps import work as work_by_graph
from tests.intake.smtp.talking import MAIL, Talk, listening
from tests.sandbox.serving import Sandbox

__all__ = ["mail"]

ANN = "ann@contoso.example"
HELP = "help@contoso.example"
WHOLE = Letterhead(
    reply_to=HELP,
    return_path="bounces@contoso.example",
    confirmation="read@contoso.example",
    read_confirmation=True,
    footer=True,
    footer_text="Contoso",
)
FORCED = replace(WHOLE, force=True)


def put_on(letterhead: Letterhead, name: str = NAME) -> None:
    with db.session() as session:
        account = accounts.find(session, name)
        accounts.decide_letterhead(session, account.id, letterhead)


def sent(mail: Obeying, letterhead: Letterhead, **fields: object) -> Parsed:
    """Send a message by SMTP; return what arrived."""
    add(mail.server())
    put_on(letterhead)
    message = put(**fields)
    work()
    assert record(message).state == State.SENT
    return message_from_bytes(mail.mails[0])


def test_what_a_message_lacks_is_filled_in(mail: Obeying) -> None:
    arrived = sent(mail, WHOLE)

    assert arrived["Reply-To"] == HELP
    assert arrived["Disposition-Notification-To"] == "read@contoso.example"
    assert arrived.get_payload().split() == ["Well.", "Contoso"]  # type: ignore[union-attr]
    assert mail.said("MAIL")[0].startswith("MAIL FROM:<bounces@contoso.example>")


def test_what_a_message_brings_stays(mail: Obeying) -> None:
    arrived = sent(mail, WHOLE, reply_to=ANN)

    assert arrived["Reply-To"] == ANN


def test_unless_the_account_replaces_it(mail: Obeying) -> None:
    fields = {"reply_to": ANN, "sender": "ann@fabrikam.example"}
    arrived = sent(mail, FORCED, **fields)

    assert (arrived["Reply-To"], arrived["From"]) == (HELP, REPORTS)


@pytest.mark.parametrize(
    ("letterhead", "asked"), [(WHOLE, ANN), (FORCED, "read@contoso.example")]
)
def test_readers_confirm_to_whom_a_message_says_unless_the_account_replaces_it(
    mail: Obeying, letterhead: Letterhead, asked: str
) -> None:
    arrived = sent(mail, letterhead, headers={"Disposition-Notification-To": ANN})

    assert arrived.get_all("Disposition-Notification-To") == [asked]


@pytest.mark.parametrize(
    ("letterhead", "asked"),
    [
        (replace(WHOLE, read_confirmation=False), None),
        (replace(WHOLE, confirmation=""), HELP),
        (Letterhead(read_confirmation=True), REPORTS),
    ],
)
def test_readers_confirm_to_whom_they_are_asked_to(
    mail: Obeying, letterhead: Letterhead, asked: str | None
) -> None:
    assert sent(mail, letterhead)["Disposition-Notification-To"] == asked


def test_a_footer_that_is_off_is_not_added(mail: Obeying) -> None:
    arrived = sent(mail, replace(WHOLE, footer=False))

    assert "Contoso" not in str(arrived.get_payload())


def test_an_account_of_graph_puts_it_on_as_well(
    contoso: Config, sandbox: Sandbox
) -> None:
    put_on(replace(WHOLE, return_path=""), "default")
    message = put(account="default")

    work_by_graph()

    [arrived] = sandbox.mails()
    assert record(message).state == State.SENT
    assert arrived["headers"]["Reply-To"] == HELP
    assert arrived["text"].split() == ["Well.", "Contoso"]


@pytest.mark.parametrize("road", ["own", "draft", "JSON", "application"])
def test_a_foreign_from_of_the_smtp_door_leaves_as_the_accounts(
    house: Config, sandbox: Sandbox, road: str
) -> None:
    name, sender = connected(road, house, sandbox)
    put_on(replace(FORCED, return_path="", footer=False), name)
    sandbox.fault("mime-from-honoured", times=None)
    brought = MAIL.replace(b"admin@contoso.example", b"ann@fabrikam.example")

    with listening(config.current()) as door, Talk(door) as talk:
        talk.sign_in()
        reply = talk.mail(brought)
    work_by_graph()

    [arrived] = sandbox.mails()
    assert reply.startswith("250 2.0.0 queued as ")
    assert (arrived["from"], arrived["subject"]) == (sender, "Hi")


def connected(road: str, house: Config, sandbox: Sandbox) -> tuple[str, str]:
    """Let the default account send by a road of Graph; return its name and From."""
    if road != "application":
        return "default", journey.connected(road, house, sandbox)
    applying.approve(house, sandbox)
    account = applying.add(REPORTS)
    with db.session() as session:
        accounts.make_default(session, account)
    return account.name, REPORTS
