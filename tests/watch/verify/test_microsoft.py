"""Verify setup with a user's sign-in: each step shown, and each way it can fail."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from portal import clock, db
from portal.config import Config
from portal.explanations import Explanation, graph, network, own, sign_in
from portal.mail import lanes
from portal.watch.verify import Patience, grant
from portal.workspace import connections, tokens, verification
from portal.workspace.verification import Name
from tests.conftest import Passing
from tests.delivery.drafting import ADMIN, NOREPLY, send
from tests.mail import backlog
from tests.relay import relay
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large
from tests.watch.verify.looking import (
    OK,
    SKIPPED,
    after,
    failure,
    move,
    outcomes,
    run,
    step,
)
from tests.workspace.spending import lease

ALL_WELL = {
    Name.REACHABLE: OK,
    Name.CREDENTIAL: OK,
    Name.REDIRECT_URI: OK,
    Name.CONSENT: OK,
    Name.RENEWAL: OK,
    Name.SERVER: SKIPPED,
    Name.SENDER: OK,
    Name.TEST_MAIL: SKIPPED,
}


def test_all_is_shown_that_can_be_without_a_mail(
    contoso: Config, sandbox: Sandbox
) -> None:
    found = run()

    assert outcomes(found) == ALL_WELL
    assert step(found, Name.CONSENT).said == "Granted: Mail.Send."
    assert sandbox.mails() == []


def test_a_clock_that_is_not_microsofts_is_told(
    contoso: Config, passes: Passing
) -> None:
    passes(minutes=7)

    assert failure(run()) == (Name.REACHABLE, sign_in.CLOCK_WRONG.name)


def test_it_is_kept_as_the_last_one(contoso: Config) -> None:
    run()

    found = run()

    with db.reading() as session:
        kept = verification.last(session, backlog.account())
    assert kept == found
    assert (found.by, found.well) == ("operator", True)


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("http://127.0.0.1:9", network.REFUSED),
        ("https://login.mail-portal.invalid", network.UNRESOLVED),
    ],
)
@pytest.mark.parametrize("what", ["login_url", "graph_url"])
def test_what_is_out_of_reach_ends_it_at_once(
    contoso: Config, what: str, address: str, cause: Explanation
) -> None:
    move(**{what: address})

    found = run()

    assert failure(found) == (Name.REACHABLE, cause.name)
    later = [each for each in after(found) if each.name != Name.REDIRECT_URI]
    assert {each.behind for each in later} == {Name.REACHABLE}


@pytest.mark.parametrize(
    ("end", "status", "cause"),
    [
        ("messages", 503, graph.BUSY),
        ("messages", 502, graph.UNSAID),
        ("messages", 200, graph.UNSAID),
        ("openid-configuration", 200, sign_in.AWAY),
        ("openid-configuration", 503, sign_in.AWAY),
    ],
)
def test_who_answers_in_microsofts_place_is_not_taken_for_it(
    contoso: Config, sandbox: Sandbox, end: str, status: int, cause: Explanation
) -> None:
    with relay(sandbox) as between:
        move(login_url=between.url, graph_url=between.url)
        between.instead[end] = status, b"<html>Please accept the terms</html>"

        found = run()

    assert failure(found) == (Name.REACHABLE, cause.name)
    assert "message" not in step(found, Name.REACHABLE).said


def test_a_revoked_sign_in_renews_no_more_and_holds_its_account(
    contoso: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("revoked", user=ADMIN)

    found = run()

    assert failure(found) == (Name.RENEWAL, sign_in.PASSWORD_CHANGED.name)
    assert step(found, Name.CONSENT).outcome == OK
    with db.reading() as session:
        hold = lanes.holding(session, backlog.account())
    assert hold
    assert hold.cause == sign_in.PASSWORD_CHANGED.name


def test_who_renews_at_the_same_time_is_not_waited_for(contoso: Config) -> None:
    with db.reading() as session:
        connection = connections.find(session, backlog.account())
    assert connection
    lease(connection.id)

    found = run()

    assert found.well
    assert step(found, Name.RENEWAL).outcome == SKIPPED


def test_an_account_that_nobody_connected_says_so(
    contoso: Config, sandbox: Sandbox
) -> None:
    with db.session() as session:
        connections.retire(session, backlog.account())

    assert failure(run()) == (Name.CONSENT, own.NOT_CONNECTED.name)


def test_send_as_is_shown_by_a_mail_alone(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    before = step(run(), Name.SENDER)

    send()

    assert before.outcome == SKIPPED
    assert f"-Identity '{NOREPLY}' -Trustee '{ADMIN}'" in before.command
    assert step(run(), Name.SENDER).outcome == OK


def test_send_as_that_is_missing_holds_until_a_mail_shows_otherwise(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    sandbox.fault("send-as-withdrawn", times=None)
    send()

    found = run()

    shown = step(found, Name.SENDER)
    assert failure(found) == (Name.SENDER, graph.NO_SEND_AS.name)
    assert f"-Identity '{NOREPLY}' -Trustee '{ADMIN}'" in shown.command
    assert "test mail" in shown.hint


def test_a_mailbox_that_is_gone_is_named(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, ADMIN)
    code = "MailboxNotEnabledForRESTAPI"
    sandbox.fault("error", only="/messages", status=404, code=code)

    assert failure(run()) == (Name.SENDER, graph.SIGNED_IN_WITHOUT.name)


def test_a_permission_given_just_now_is_waited_for(
    house: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("permission-lag", after_seconds=3600)
    connect_large(house, sandbox, ADMIN, ADMIN)

    found = run()

    assert (found.well, step(found, Name.SENDER).outcome) == (True, SKIPPED)
    assert step(found, Name.SENDER).said == grant.SPREADS.format(issuer="Microsoft")


def test_a_permission_that_is_missing_for_longer_has_failed(
    house: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("permission-lag", after_seconds=3600)
    connect_large(house, sandbox, ADMIN, ADMIN)
    with db.session() as session:
        row = connections.in_use(session, backlog.account())
        assert row
        row.connected_at -= tokens.FRESH

    assert failure(run()) == (Name.SENDER, graph.NO_ACCESS.name)


def test_what_held_the_account_and_is_over_is_tried_with_the_next_mail(
    contoso: Config,
) -> None:
    with db.session() as session:
        why = sign_in.WRONG_SECRET
        lanes.hold(
            session,
            backlog.account(),
            lanes.Hold(reason=why.sentence, cause=why.name),
        )

    found = run()

    with db.reading() as session:
        feed = session.get_one(lanes.FeedRow, backlog.account())
        assert feed.probe_at
        assert feed.probe_at <= clock.now()
    assert found.well


def test_a_step_ends_in_time(contoso: Config, sandbox: Sandbox) -> None:
    sandbox.fault("login-slow", only="openid-configuration", after_seconds=30)

    found = run(patience=Patience(step=0.5))

    assert failure(found) == (Name.REACHABLE, network.UNANSWERED.name)


def test_what_cannot_begin_in_time_is_not_begun(
    contoso: Config, sandbox: Sandbox
) -> None:
    sandbox.clear()

    found = run(patience=Patience(whole=0.0))

    assert {*outcomes(found).values()} == {SKIPPED}
    assert sandbox.calls() == []


def test_two_at_once_do_no_harm(contoso: Config) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(run), pool.submit(run)]

    assert [each.result().well for each in both] == [True, True]
    assert run().well
