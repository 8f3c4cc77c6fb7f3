"""Conditions: what is wrong is named once, by what explains the rest."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.config import Config
from portal.explanations import Who, graph, network, smtp
from portal.explanations.own import OTHER_APPLICATION
from portal.mail import lanes
from portal.mail.lanes import Hold, flow
from portal.mail.lanes.troubles import UNREACHABLE
from portal.mail.outbox import claims
from portal.watch.alerts import conditions
from portal.workspace import accounts
from portal.workspace.accounts import Server
from portal.workspace.accounts.servers import Security
from portal.workspace.incidents import Condition
from tests.conftest import Passing
from tests.mail import backlog
from tests.watch.alerts import steps
from tests.workspace import grants


def found() -> list[Condition]:
    with db.reading() as session:
        return conditions.now(session)


def only() -> Condition:
    [condition] = found()
    return condition


def fall_back(account_id: UUID) -> None:
    """Give an account a fallback that sends."""
    with db.session() as session:
        server = Server(host="localhost", port=25, security=Security.NONE)
        given = ["reports@contoso.example"]
        other = accounts.add_smtp(session, "relay", given, server, by="Ann")
        accounts.decide_fallback(session, account_id, other.id)


def test_nothing_is_wrong_with_a_house_that_is_set_up_by_nobody(house: Config) -> None:
    assert found() == []


def test_an_account_that_sends_is_no_trouble(account: UUID) -> None:
    backlog.put(account)

    assert found() == []


def test_a_held_account_sends_nothing_and_says_why(account: UUID) -> None:
    steps.hold(account)

    condition = only()

    assert condition.kind == "account-held"
    assert condition.subject == str(account)
    assert condition.title == "The account default sends nothing."
    assert condition.why == steps.WHY
    assert condition.link == "/settings"


def test_it_leads_to_where_the_account_is_put_right(
    account: UUID, passes: Passing
) -> None:
    fall_back(account)
    with db.session() as session:
        relay = accounts.find(session, "relay").id
        other = accounts.add_delegated(session, "Billing", by="Ann").id

    backlog.put(other)
    steps.hold(relay)
    passes(minutes=11)

    links = {each.subject: each.link for each in found()}
    assert links[str(relay)] == f"/accounts/{relay}"
    assert links[str(other)] == f"/accounts/{other}/settings"


def test_what_microsofts_admin_must_do_is_told_with_its_command(account: UUID) -> None:
    steps.hold(account, command="Set-CASMailbox x")

    condition = only()

    assert condition.who is Who.MICROSOFT
    assert condition.steps[0] == "Command: Set-CASMailbox x."


def test_it_is_told_as_the_catalogue_explains_it(account: UUID) -> None:
    row = graph.NO_SEND_AS
    why = Hold(reason=row.sentence, cause=row.name, command="Add-RecipientPermission x")
    with db.session() as session:
        lanes.hold(session, account, why)

    condition = only()

    assert (condition.cause, condition.who) == (row.name, row.who)
    assert condition.why == row.why
    assert condition.steps[: len(row.steps)] == row.steps
    assert "Command: Add-RecipientPermission x." in condition.steps


def test_a_sign_in_with_another_application_is_explained(account: UUID) -> None:
    grants.register()
    grants.keep()

    other = replace(config.current(), login_url="https://login.another.example")
    config.use(other)

    assert only().cause == OTHER_APPLICATION.name


def test_an_account_that_was_switched_off_is_missed_by_nobody(account: UUID) -> None:
    steps.hold(account)
    steps.switch_off(account)

    assert found() == []


def test_what_waits_for_a_first_connection_is_told_when_it_has_waited(
    either_house: Config, passes: Passing
) -> None:
    backlog.put(backlog.account())
    assert found() == []

    passes(minutes=11)

    assert only().why == "The account is not connected yet."


@pytest.mark.parametrize("command", ["", "x"])
def test_a_held_account_is_told_of_once_whatever_waits(
    account: UUID, passes: Passing, command: str
) -> None:
    for _ in range(50):
        backlog.put(account)
    steps.hold(account, command=command)
    steps.fail(100)

    passes(hours=1)

    assert only().kind == "account-held"


def test_mail_that_nobody_takes_is_stuck(account: UUID, passes: Passing) -> None:
    steps.attend()
    backlog.put(account)

    passes(minutes=11)
    steps.attend()

    assert only().kind == "queue-stuck"
    assert only().who is Who.OPERATOR
    assert "no worker takes it" in only().why


def test_mail_without_a_worker_is_told_so(account: UUID, passes: Passing) -> None:
    steps.attend()
    backlog.put(account)

    passes(minutes=31)

    assert "No worker was there" in only().why


def test_a_long_queue_that_moves_is_not_stuck(account: UUID, passes: Passing) -> None:
    backlog.put(account)
    backlog.put(account)
    passes(minutes=11)

    assert len(backlog.take(1)) == 1

    assert found() == []


def test_mail_that_waits_for_its_limits_is_not_stuck(
    account: UUID, passes: Passing
) -> None:
    backlog.put(account)
    passes(minutes=11)
    with db.session() as session:
        lane_id = claims.take(session, "w1", 1)[0].lane_id
        lanes.pause(session, lane_id, clock.now() + timedelta(hours=1))
    backlog.put(account)

    passes(minutes=30)

    assert found() == []


def test_a_server_that_fails_again_and_again_is_told_with_its_cause(
    account: UUID,
) -> None:
    backlog.put(account)
    [claim] = backlog.take()
    backlog.postpone(claim, clock.now() + timedelta(minutes=15))
    row = network.UNRESOLVED
    said = row.sentence.format(host="nowhere.invalid")
    steps.fail(flow.FAILURES, reason=said, cause=row.name)

    condition = only()

    assert (condition.kind, condition.cause) == ("queue-stuck", row.name)
    assert condition.who is row.who
    assert condition.why.startswith(UNREACHABLE)
    assert "nowhere.invalid" in condition.why
    assert condition.steps == (*row.steps, conditions.TRIED_AGAIN)


def test_failures_of_a_minute_are_no_trouble_yet(account: UUID) -> None:
    backlog.put(account)
    steps.fail(flow.FAILURES - 1)

    assert found() == []


def test_a_fallback_in_use_is_told_although_all_mail_leaves(account: UUID) -> None:
    fall_back(account)

    steps.fail(3)

    condition = only()
    assert condition.kind == "fallback-in-use"
    assert condition.title == (
        "Mail of the account default is passed on to its fallback, relay."
    )
    assert condition.why == UNREACHABLE


def test_a_fallback_in_use_names_what_failed_last(account: UUID) -> None:
    fall_back(account)
    row = network.UNRESOLVED
    said = row.sentence.format(host="nowhere.invalid")
    steps.fail(3, reason=said, cause=row.name)

    condition = only()

    assert (condition.cause, condition.who) == (row.name, row.who)
    assert condition.why.startswith(UNREACHABLE)
    assert "nowhere.invalid" in condition.why
    assert condition.steps == (*row.steps, conditions.TRIED_AGAIN)


def test_what_passes_by_itself_and_lasts_is_looked_after_here(account: UUID) -> None:
    fall_back(account)
    steps.fail(3, reason=smtp.BUSY.sentence, cause=smtp.BUSY.name)

    assert only().who is Who.WORKSPACE


def test_a_held_account_says_who_stands_in(account: UUID) -> None:
    fall_back(account)

    steps.hold(account)

    assert only().why == (
        f"{steps.WHY} Meanwhile its mail is passed on to the account relay."
    )


def test_what_needs_a_human_is_one_trouble_however_much_it_is(account: UUID) -> None:
    steps.stick(7)

    assert only().kind == "needs-a-human"
    assert only().why == "Messages held: 0; unconfirmed: 7."


def test_little_space_is_told_before_doors_close(account: UUID) -> None:
    free = db.free_bytes()
    if free is None:
        assert found() == []
        return
    config.use(config.read({"PORTAL_MAX_MESSAGE": str(free // 3)}))

    assert only().kind == "little-space"
    assert only().who is Who.OPERATOR
