"""Out by SMTP with a user's sign-in: what is asked, what is refused, what ends it."""

import pytest

from portal import db
from portal.config import Config
from portal.errors import NotAllowed
from portal.explanations.own.consent import WITHDRAWN
from portal.mail.outbox import State
from portal.workspace import accounts, connections, standing, switch, tokens
from portal.workspace.accounts import servers
from portal.workspace.accounts.servers import Authentication, Server
from portal.workspace.consent import reset, submission
from portal.workspace.consent.changes import Stage
from portal.workspace.consent.connect import device
from portal.workspace.consent.trips import ConsentFailed
from portal.workspace.standing import Outline
from tests import trip
from tests.delivery.smtp.consenting import (
    age,
    connect,
    connection,
    found,
    invite,
    server,
)
from tests.delivery.smtp.posting import NAME, add, hold, put, work
from tests.delivery.steps import record
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ADMIN, ALEX, NOREPLY, REPORTS


def outline() -> tuple[Outline, str]:
    with db.reading() as session:
        brief = standing.brief(session, accounts.find(session, NAME))
    return brief.outline, brief.reason


def test_an_organizations_admin_approves_exchanges_permission(
    exchange: Sandbox,
) -> None:
    exchange.fault("user-consent-off")
    add(server(exchange))
    link = invite().approval_link

    trip.arrive(exchange.sign_in(None, trip.depart_to_approve(link), as_=ADMIN))
    change = connect(exchange)

    row = connection()
    assert change.stage == Stage.APPLIED
    assert row is not None
    assert (row.username, "SMTP.Send" in row.scopes) == (REPORTS, True)
    assert not [each for each in row.scopes if each.startswith("Mail.")]


def test_a_code_connects_it_as_well(exchange: Sandbox) -> None:
    add(server(exchange))
    visit = device.depart(invite())
    exchange.enter_code(visit.code.address, visit.code.user_code, as_=REPORTS)

    change = device.arrive(visit, lambda _: None)

    assert change.stage == Stage.APPLIED
    assert outline() == (Outline.CONNECTED, "")


def test_before_the_sign_in_it_is_not_connected(exchange: Sandbox) -> None:
    add(server(exchange))

    assert outline()[0] == Outline.NOT_CONNECTED


@pytest.mark.parametrize(
    ("fault", "more", "why"),
    [
        ("scope-missing", {"scope": "SMTP.Send"}, "did not grant: SMTP.Send"),
        ("no-refresh-token", {}, "no lasting permission"),
    ],
)
def test_what_is_not_enough_connects_nothing(
    exchange: Sandbox, fault: str, more: dict[str, str], why: str
) -> None:
    add(server(exchange))
    exchange.fault(fault, None, **more)

    with pytest.raises(ConsentFailed, match=why):
        connect(exchange)

    assert connection() is None


@pytest.mark.parametrize("form", ["scope-short", "scope-full", "scope-shouted"])
def test_however_the_permission_is_spelled_it_counts(
    exchange: Sandbox, form: str
) -> None:
    exchange.fault(form, None)
    add(server(exchange))

    assert connect(exchange).stage == Stage.APPLIED


def test_another_mailbox_counts_when_it_is_confirmed(exchange: Sandbox) -> None:
    add(server(exchange, username=NOREPLY), NOREPLY)
    message = put()

    change = connect(exchange, as_=ADMIN)
    unconfirmed = connection()
    assert (change.stage, change.sender) == (Stage.PROPOSED, NOREPLY)
    trip.confirm(change, "operator")
    work()

    [mail] = exchange.mails()
    assert unconfirmed is None
    assert record(message).state == State.SENT
    assert mail["mailbox"] == NOREPLY


def test_who_may_not_open_the_mailbox_holds_the_account(exchange: Sandbox) -> None:
    add(server(exchange, username=NOREPLY), NOREPLY)
    trip.confirm(connect(exchange, as_=ALEX), "operator")
    put()

    work()

    held = hold()
    assert held is not None
    assert "Full Access" in held.reason
    assert exchange.mails() == []


def test_a_permission_that_is_withdrawn_holds_the_account(exchange: Sandbox) -> None:
    add(server(exchange))
    connect(exchange)
    age(tokens.FRESH)
    exchange.fault("scope-missing", None, scope="SMTP.Send")
    message = put()

    work()

    held, row = hold(), connection()
    assert held
    assert row
    assert held.cause == row.trouble_cause == WITHDRAWN.name
    assert "no longer grants: SMTP.Send." in held.reason
    assert record(message).state == State.HELD


def test_the_token_of_graph_is_not_taken(exchange: Sandbox) -> None:
    trip.connect(exchange, REPORTS)
    with db.reading() as session:
        default = accounts.find(session).id
    graph = tokens.current(default).access
    add(server(exchange))
    connect(exchange)

    assert tokens.current(found().id).access != graph
    assert tokens.current(default).access == graph


def test_one_that_the_server_refuses_is_renewed_once(exchange: Sandbox) -> None:
    add(server(exchange))
    connect(exchange)
    before = tokens.current(found().id).access
    exchange.fault("smtp-reply", only="AUTH ", reply="535 5.7.3 unsuccessful")

    message = put()
    work()

    assert record(message).state == State.SENT
    assert tokens.current(found().id).access != before


def test_reset_ends_the_sign_in_and_keeps_what_it_sends_as(exchange: Sandbox) -> None:
    add(server(exchange))
    connect(exchange)

    with db.session() as session:
        reset.reset(session, found().id, trip.ANN)
    message = put()
    work()

    assert connection() is None
    assert found().sender == REPORTS
    assert record(message).state == State.HELD
    assert outline()[0] == Outline.NOT_CONNECTED


def test_another_username_ends_the_sign_in(exchange: Sandbox) -> None:
    add(server(exchange))
    connect(exchange)

    with db.session() as session:
        submission.move(session, found(), server(exchange, username=NOREPLY))

    assert connection() is None
    assert hold() is not None


def test_another_port_keeps_it(exchange: Sandbox) -> None:
    add(server(exchange))
    connect(exchange)

    with db.session() as session:
        submission.move(session, found(), server(exchange, ignore_certificate=True))

    assert connection() is not None
    assert hold() is None


def test_a_change_of_the_username_ends_a_link(exchange: Sandbox) -> None:
    add(server(exchange))
    away = trip.depart(invite().link)
    with db.session() as session:
        submission.move(session, found(), server(exchange, username=NOREPLY))

    with pytest.raises(Exception, match="not applied|changed these settings"):
        trip.arrive(exchange.sign_in(None, away, as_=REPORTS))

    assert connection() is None


def test_an_account_that_is_removed_ends_it_as_well(exchange: Sandbox) -> None:
    add(server(exchange))
    connect(exchange)
    account = found()

    with db.session() as session:
        submission.remove(session, account, "operator")

    with db.reading() as session:
        assert connections.find(session, account.id) is None


def test_switched_on_again_it_still_waits_for_its_sign_in(exchange: Sandbox) -> None:
    add(server(exchange))
    with db.session() as session:
        switch.off(session, found())
    with db.session() as session:
        switch.on(session, found())

    assert hold() is not None


def test_another_from_is_not_a_connections_to_choose(exchange: Sandbox) -> None:
    add(server(exchange))

    with pytest.raises(NotAllowed, match="signs in at its server as"):
        invite(NOREPLY)


def test_a_users_token_is_for_microsoft_alone(house: Config) -> None:
    known = Server(
        host="mail.example",
        port=587,
        authentication=Authentication.CONSENT,
        username=REPORTS,
    )

    with pytest.raises(NotAllowed, match="would get it"):
        servers.check(known)


def test_a_user_who_sends_by_graph_as_well_has_two_sign_ins(exchange: Sandbox) -> None:
    trip.connect(exchange, REPORTS)
    add(server(exchange))

    connect(exchange)

    with db.reading() as session:
        graph = connections.find(session, accounts.find(session).id)
    assert graph is not None
    assert "SMTP.Send" not in graph.scopes
