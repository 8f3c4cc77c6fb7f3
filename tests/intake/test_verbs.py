"""What an application may decide about its own messages over HTTP."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import clock
from portal.config import Config
from portal.mail.journal import Event
from portal.mail.outbox import State, decisions
from tests import stored
from tests.conftest import Passing
from tests.intake.conftest import bearer
from tests.intake.posted import MAIL, MESSAGES, NOBODYS, SHOWN, refused
from tests.mail import backlog

VERBS = ("retry", "resend", "arrival", "cancellation")
# For each verb a state in which it is refused, and what is said then.
REFUSALS = {
    "retry": (State.SENT, "It was sent."),
    "resend": (State.HELD, "It is held."),
    "arrival": (State.FAILED, "It has failed."),
    "cancellation": (State.UNCONFIRMED, decisions.WHY_NOT[State.UNCONFIRMED]),
}


def bring(door: FlaskClient, state: State) -> str:
    """Bring a message, and let it end in a state; return its address."""
    backlog.open_lane(backlog.account())
    link = door.post(MESSAGES, json=MAIL).headers["Location"]
    [claim] = backlog.take()
    backlog.settle(claim, state, Event(state.value))
    return link


def id_of(link: str) -> UUID:
    return UUID(link.rpartition("/")[2])


def test_a_failed_message_goes_again_as_itself(knock: FlaskClient) -> None:
    link = bring(knock, State.FAILED)

    answer = knock.post(f"{link}/retry")

    told = answer.get_json()
    assert answer.status_code == 202
    assert (told["id"], told["status"]) == (str(id_of(link)), "queued")
    assert told["links"] == {"self": link}
    assert knock.get(link).get_json()["history"][-1]["reason"] == (
        "Ben's app sent it on."
    )


def test_a_retry_behind_a_held_account_says_what_it_waits_for(
    knock: FlaskClient,
) -> None:
    link = bring(knock, State.HELD)
    backlog.hold(backlog.account())

    told = knock.post(f"{link}/retry").get_json()

    assert (told["status"], told["reason"]) == ("held", "The mailbox is full.")
    assert backlog.taken() == [id_of(link)]


def test_a_resend_is_a_new_message_and_names_the_old_one(knock: FlaskClient) -> None:
    link = bring(knock, State.UNCONFIRMED)

    answer = knock.post(f"{link}/resend")

    told = answer.get_json()
    new = answer.headers["Location"]
    assert answer.status_code == 202
    assert new != link
    assert told == {
        "id": str(id_of(new)),
        "status": "queued",
        "links": {"self": new, "copy_of": link},
    }


def test_both_name_each_other_wherever_they_are_shown(knock: FlaskClient) -> None:
    link = bring(knock, State.SENT)
    new = knock.post(f"{link}/resend").headers["Location"]

    old, copy = knock.get(link).get_json(), knock.get(new).get_json()

    assert old["links"] == {"self": link, "resent_as": new}
    assert copy["links"] == {"self": new, "copy_of": link}
    assert old["message_id"] != copy["message_id"]
    assert (old["status"], copy["status"]) == ("sent", "queued")


def test_a_resend_under_the_same_key_gets_the_same_receipt(knock: FlaskClient) -> None:
    link, once = bring(knock, State.SENT), {"Idempotency-Key": "again 7"}

    answers = [knock.post(f"{link}/resend", headers=once) for _ in range(2)]

    first, second = (answer.get_json() for answer in answers)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert first == second
    assert stored.rows("message") == 2


def test_a_second_resend_without_a_key_is_told_of_the_first(knock: FlaskClient) -> None:
    link = bring(knock, State.SENT)
    new = knock.post(f"{link}/resend").headers["Location"]

    answer = knock.post(f"{link}/resend")

    assert refused(answer) == 409
    assert str(id_of(new)) in answer.get_json()["detail"]


def test_a_key_of_a_message_is_no_key_of_its_resend(knock: FlaskClient) -> None:
    link, once = bring(knock, State.SENT), {"Idempotency-Key": "7"}
    knock.post(MESSAGES, json=MAIL, headers=once)

    assert refused(knock.post(f"{link}/resend", headers=once)) == 409
    assert stored.rows("message") == 2


def test_what_arrived_is_shown_as_sent(knock: FlaskClient) -> None:
    link = bring(knock, State.UNCONFIRMED)

    answer = knock.post(f"{link}/arrival")

    shown = answer.get_json()
    assert (answer.status_code, shown.keys()) == (200, SHOWN)
    assert (shown["status"], shown["history"][-1]["event"]) == ("sent", "arrived")
    assert shown["reason"] == "Ben's app says that it arrived."


def test_what_is_cancelled_is_shown_as_that(knock: FlaskClient) -> None:
    link = knock.post(MESSAGES, json=MAIL).headers["Location"]

    answer = knock.post(f"{link}/cancellation")

    shown = answer.get_json()
    assert (answer.status_code, shown.keys()) == (200, SHOWN)
    assert (shown["status"], shown["reason"]) == (
        "cancelled",
        "Ben's app cancelled it.",
    )
    assert refused(knock.post(f"{link}/cancellation")) == 409


@pytest.mark.parametrize("verb", VERBS)
def test_what_would_not_be_true_is_a_conflict(knock: FlaskClient, verb: str) -> None:
    state, sentence = REFUSALS[verb]
    link = bring(knock, state)
    told = stored.rows("journal")

    answer = knock.post(f"{link}/{verb}")

    assert refused(answer) == 409
    assert answer.get_json()["detail"] == sentence
    assert stored.rows("journal") == told


@pytest.mark.parametrize("verb", ["retry", "resend"])
def test_what_was_erased_goes_no_more_and_says_so(
    knock: FlaskClient, verb: str
) -> None:
    link = bring(knock, State.FAILED)
    backlog.change(id_of(link), kept=False)

    answer = knock.post(f"{link}/{verb}")

    assert refused(answer) == 409
    assert answer.get_json()["detail"] == decisions.ERASED


def test_what_is_out_of_time_is_to_be_resent(
    knock: FlaskClient, passes: Passing
) -> None:
    link = bring(knock, State.FAILED)
    backlog.change(id_of(link), expires_at=clock.now())

    answer = knock.post(f"{link}/retry")

    assert refused(answer) == 409
    assert "please resend it" in answer.get_json()["detail"]
    assert knock.post(f"{link}/resend").status_code == 202


@pytest.mark.parametrize("verb", VERBS)
def test_a_key_decides_about_its_own_messages_only(
    knock: FlaskClient, verb: str
) -> None:
    link = bring(knock, State.UNCONFIRMED)
    before = backlog.row(id_of(link))
    cleo = {"Authorization": bearer("Cleo's app")}

    answer, nothing = (
        knock.post(f"{path}/{verb}", headers=cleo) for path in (link, NOBODYS)
    )

    assert [refused(answer), refused(nothing)] == [404, 404]
    assert answer.get_json() == nothing.get_json()
    assert backlog.row(id_of(link)) == before
    assert stored.rows("message") == 1


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_decides_without_a_key(knock: FlaskClient, verb: str) -> None:
    link = bring(knock, State.UNCONFIRMED)

    answer = knock.post(f"{link}/{verb}", headers={"Authorization": ""})

    assert refused(answer) == 401
    assert refused(knock.get(f"{link}/{verb}")) == 405


def test_another_from_than_the_accounts_is_not_resent(
    contoso: Config, knock: FlaskClient
) -> None:
    own = {**MAIL, "from": "admin@contoso.example"}
    link = knock.post(MESSAGES, json=own).headers["Location"]
    [claim] = backlog.take()
    backlog.settle(claim)
    backlog.change(id_of(link), sender="alex@contoso.example")

    answer = knock.post(f"{link}/resend")

    assert refused(answer) == 403
    assert answer.get_json()["detail"].startswith("from: ")
    assert stored.rows("message") == 1
