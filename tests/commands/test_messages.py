"""`portal messages`: what needs somebody, and what the operator decides about it."""

import json
from uuid import UUID, uuid4

import pytest

from portal import db
from portal.commands import messages
from portal.config import Config
from portal.explanations import own
from portal.mail import journal
from portal.mail.outbox import MessageRow, State
from tests import stored
from tests.commands.sending import send_one
from tests.mail import backlog
from tests.terminal import Ran, portal

# For each decision: states where it is taken, what it says then, and where it is not.
SAID = [
    ("retry", State.HELD, "queued", State.SENT),
    ("retry", State.FAILED, "queued", State.UNCONFIRMED),
    ("arrived", State.UNCONFIRMED, "sent", State.HELD),
    ("cancel", State.HELD, "cancelled", State.FAILED),
]


@pytest.fixture
def account(house: Config) -> UUID:
    """Open a lane in a house of our own."""
    account = backlog.account()
    backlog.open_lane(account)
    return account


def bring(state: State, subject: str = "Hello") -> UUID:
    """Send a mail, and let it end in a state."""
    ran = portal("send", "--to", "jane@example.com", "--subject", subject)
    [claim] = backlog.take()
    backlog.settle(claim, state, journal.Event(state.value))
    return UUID(ran.out.split()[0])


@pytest.mark.parametrize(("decision", "state", "said", "_"), SAID)
def test_each_message_is_told_of_on_a_line_of_its_own(
    account: UUID, decision: str, state: State, said: str, _: State
) -> None:
    ids = [str(bring(state)) for _ in range(2)]

    ran = portal("messages", decision, *ids)

    out = "".join(f"{message} {said}\n" for message in ids)
    assert ran == Ran(code=0, out=out, err="")
    assert [backlog.state(UUID(message)) for message in ids] == [said, said]


@pytest.mark.parametrize(("decision", "state", "said", "wrong"), SAID)
def test_one_that_is_refused_does_not_stop_the_others(
    account: UUID, decision: str, state: State, said: str, wrong: State
) -> None:
    ids = [str(bring(wrong)), str(uuid4()), str(bring(state))]

    ran = portal("messages", decision, *ids)

    told = ran.err.splitlines()
    assert (ran.code, ran.out) == (1, f"{ids[2]} {said}\n")
    assert [line.split(": ")[:2] for line in told] == [
        ["portal", ids[0]],
        ["portal", ids[1]],
    ]
    assert told[1].endswith("There is no message with this id.")


def test_a_resend_names_the_new_message(account: UUID) -> None:
    message = bring(State.UNCONFIRMED)

    ran = portal("messages", "resend", str(message))

    [copy] = backlog.taken()
    assert ran == Ran(code=0, out=f"{message} resent as {copy}\n", err="")
    assert backlog.record(message).resent_as == copy


def test_a_second_resend_is_refused_and_names_the_first(account: UUID) -> None:
    message = bring(State.SENT)
    portal("messages", "resend", str(message))

    ran = portal("messages", "resend", str(message))

    assert (ran.code, ran.out) == (1, "")
    assert str(backlog.record(message).resent_as) in ran.err


def test_the_same_id_twice_is_one(account: UUID) -> None:
    message = str(bring(State.HELD))

    ran = portal("messages", "cancel", message, message)

    assert ran == Ran(code=0, out=f"{message} cancelled\n", err="")


def test_a_retry_behind_a_held_account_says_why_it_may_wait(account: UUID) -> None:
    message = bring(State.FAILED)
    backlog.hold(account)

    ran = portal("messages", "retry", str(message))

    assert ran.out == f"{message} held: The mailbox is full.\n"
    assert backlog.taken() == [message]


@pytest.mark.parametrize("decision", ["retry", "resend", "arrived", "cancel"])
@pytest.mark.parametrize("ids", [[], ["7"], ["{held}", "none"]])
def test_what_is_no_id_is_wrong_use_and_nothing_is_decided(
    account: UUID, decision: str, ids: list[str]
) -> None:
    held = bring(State.HELD)
    told = stored.rows("journal")

    ran = portal("messages", decision, *(each.format(held=held) for each in ids))

    assert (ran.code, ran.out) == (2, "")
    assert stored.rows("journal") == told


def test_the_journal_says_that_it_was_the_operator(account: UUID) -> None:
    message = bring(State.HELD)

    portal("messages", "cancel", str(message))

    assert f"{message}  operator cancelled it.\n" in portal("log").out


def test_the_list_holds_what_needs_somebody_newest_first(account: UUID) -> None:
    for state in (State.SENT, State.FAILED):
        bring(state)
    held, unsure = bring(State.HELD), bring(State.UNCONFIRMED)
    portal("send", "--to", "jane@example.com")

    ran = portal("messages", "list")

    lines = [line.split(maxsplit=3) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert [line[1:3] for line in lines] == [
        ["unconfirmed", str(unsure)],
        ["held", str(held)],
    ]
    assert lines[0][3] == "jane@example.com  Hello  So it is."


@pytest.mark.parametrize("state", ["held", "unconfirmed"])
def test_the_list_shows_one_kind_if_asked(account: UUID, state: str) -> None:
    ids = {each: bring(State(each)) for each in ("held", "unconfirmed")}

    ran = portal("messages", "list", "--status", state)

    assert [line.split()[2] for line in ran.out.splitlines()] == [str(ids[state])]


def test_what_was_decided_about_is_listed_no_more(account: UUID) -> None:
    held, *unsure = (bring(State(each)) for each in ("held", *["unconfirmed"] * 2))

    portal("messages", "retry", str(held))
    portal("messages", "arrived", str(unsure[0]))
    portal("messages", "resend", str(unsure[1]))

    assert portal("messages", "list") == Ran(code=0, out="", err="")


def test_programs_read_one_object_a_line(account: UUID) -> None:
    ids = [str(bring(State.HELD)), str(bring(State.UNCONFIRMED))]

    ran = portal("messages", "list", "--json")

    told = [json.loads(line) for line in ran.out.splitlines()]
    assert [each["id"] for each in told] == ids[::-1]
    assert told[1]["status"] == "held"
    assert told[1]["account"] == "default"
    assert told[1]["to"] == ["jane@example.com"]


def test_programs_are_told_what_ends_it(contoso: Config) -> None:
    send_one(own.UNDIVIDED.error())

    [told] = portal("messages", "list", "--json").out.splitlines()

    explained = json.loads(told)["explanation"]
    assert explained["name"] == own.UNDIVIDED.name
    assert explained["steps"] == [*own.UNDIVIDED.steps]


def test_a_long_list_says_how_to_go_on(account: UUID) -> None:
    message = bring(State.HELD)
    copies = [copy_of(message) for _ in range(messages.PAGE)]

    first = portal("messages", "list")
    rest = portal(*first.err.split(": portal ")[1].split())

    assert len(first.out.splitlines()) == messages.PAGE
    assert first.err == (
        f"There may be older ones: portal messages list --before {min(copies)}\n"
    )
    assert [line.split()[2] for line in rest.out.splitlines()] == [str(message)]
    assert rest.err == ""


def copy_of(message: UUID) -> UUID:
    """Store the same row once more."""
    row = backlog.row(message) | {"id": db.new_id()}
    with db.session() as session:
        session.add(MessageRow(**row))
    copied: UUID = row["id"]
    return copied


def test_a_subject_commands_no_terminal(account: UUID) -> None:
    message = bring(State.HELD)
    with db.session() as session:
        session.get_one(MessageRow, message).subject = "\x1b[2Jcleared\n\u202eback"

    ran = portal("messages", "list")

    assert ran.out.count("\n") == 1
    assert ran.out.rstrip("\n").isprintable()


def test_all_of_a_status_are_decided_about(account: UUID) -> None:
    ids = [bring(State.FAILED) for _ in range(3)]
    other = bring(State.HELD)

    ran = portal("messages", "retry", "--all", "failed")

    assert ran == Ran(code=0, out="3 done\n", err="")
    assert {backlog.state(each) for each in ids} == {State.QUEUED}
    assert backlog.state(other) == State.HELD


def test_copies_that_are_made_meanwhile_are_not_sent_again(account: UUID) -> None:
    bring(State.UNCONFIRMED)

    ran = portal("messages", "resend", "--all", "unconfirmed")

    assert ran.out == "1 done\n"
    assert len(backlog.taken()) == 1


def test_what_is_refused_among_all_is_counted(account: UUID) -> None:
    bring(State.SENT)

    ran = portal("messages", "cancel", "--all", "sent")

    assert ran == Ran(code=1, out="0 done\n", err="portal: 1 refused: It was sent.\n")


@pytest.mark.parametrize("given", [(), (str(uuid4()), "--all", "held")])
def test_either_ids_or_all_are_meant(account: UUID, given: tuple[str, ...]) -> None:
    ran = portal("messages", "retry", *given)

    assert ran.code == 2
    assert "Please give either IDs, or --all STATUS." in ran.err
