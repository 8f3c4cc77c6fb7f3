"""Verify setup for accounts of every other kind: by application, by an SMTP server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal import config, db
from portal.config import Config
from portal.explanations import (
    Explanation,
    exchange,
    graph,
    network,
    sign_in,
    smtp,
)
from portal.mail import lanes
from portal.mail.lanes import Hold
from portal.mail.outbox import State
from portal.sandbox.seeds import PASSWORD
from portal.watch.verify import grant, microsoft, sender, server
from portal.workspace.accounts.servers import Authentication, Security, Server
from portal.workspace.verification import Name
from tests import trip
from tests.delivery import applying
from tests.delivery.smtp import posting
from tests.delivery.smtp.obeying import obeying
from tests.delivery.smtp.posting import NAME, add
from tests.mail import backlog
from tests.sandbox.serving import Sandbox, serve
from tests.sandbox.walking import ALEX, NOREPLY, REPORTS, approval_url
from tests.watch.verify.looking import (
    FAILED,
    OK,
    SKIPPED,
    failure,
    outcomes,
    run,
    step,
)


@pytest.fixture
def submission(house: Config, tmp_path: Path) -> Iterator[Sandbox]:
    """Serve Microsoft with its SMTP server, and register there."""
    with serve(smtp=tmp_path / "exchange") as served:
        assert served.smtp
        known = replace(house, login_url=served.url, graph_url=served.url)
        config.use(replace(known, ca_bundle=served.smtp.authority))
        trip.register()
        yield served


def exchange_by(sandbox: Sandbox, way: Authentication, **more: Any) -> Server:
    """Say how the sandbox takes mail from who proves to be reports@ in this way."""
    assert sandbox.smtp
    given: dict[str, Any] = {
        "host": "localhost",
        "port": sandbox.smtp.port,
        "authentication": way,
        "username": REPORTS,
        "password": PASSWORD if way == Authentication.PASSWORD else "",
    }
    return Server(**given | more)


def connect(sandbox: Sandbox, as_: str = REPORTS) -> None:
    """Sign in for the account."""
    link = trip.invite(name=NAME)
    change = trip.arrive(sandbox.sign_in(None, trip.depart(link), as_=as_))
    assert change
    if change.proposal:
        trip.confirm(change, "operator")


def shape(name: str = NAME) -> str:
    """Write the outcomes of all steps in a row, by their first letters."""
    return "".join(outcome[0] for outcome in outcomes(run(name)).values())


def test_an_application_is_shown_as_far_as_its_mailbox_can_be_seen(
    house: Config, sandbox: Sandbox
) -> None:
    applying.approve(house, sandbox)
    applying.add(REPORTS, large=True)

    found = run(applying.NAME)

    assert found.well
    assert step(found, Name.SENDER).outcome == OK
    assert step(found, Name.CONSENT).said == grant.UNREADABLE
    assert step(found, Name.RENEWAL).said == grant.FETCHED


@pytest.mark.parametrize("given", [REPORTS, applying.DOMAIN])
def test_what_an_application_may_send_as_is_left_to_a_mail(
    house: Config, sandbox: Sandbox, given: str
) -> None:
    applying.approve(house, sandbox)
    applying.add(given)

    found = run(applying.NAME)

    assert found.well
    assert step(found, Name.SENDER).outcome == SKIPPED


def test_an_application_by_a_wrong_secret_is_told_so(
    house: Config, sandbox: Sandbox
) -> None:
    applying.approve(house, sandbox)
    applying.add(REPORTS)
    sandbox.fault("secret-expired", times=None)

    found = run(applying.NAME)

    assert failure(found) == (Name.CREDENTIAL, sign_in.SECRET_EXPIRED.name)


def test_a_password_is_shown_to_be_right_by_its_server(submission: Sandbox) -> None:
    add(exchange_by(submission, Authentication.PASSWORD))

    found = run(NAME)

    assert shape() == "ossssoos"
    assert step(found, Name.CREDENTIAL).said == microsoft.AT_SERVER
    assert step(found, Name.SENDER).said == sender.AT_SERVER
    assert submission.mails() == []


def test_a_wrong_password_is_found_at_the_server(submission: Sandbox) -> None:
    add(exchange_by(submission, Authentication.PASSWORD, password="another"))

    found = run(NAME)

    assert failure(found)[0] == Name.SERVER
    assert step(found, Name.SENDER).behind == Name.SERVER


def test_an_application_signs_in_at_the_server_by_its_token(
    submission: Sandbox,
) -> None:
    submission.sign_in(None, approval_url(submission))
    add(exchange_by(submission, Authentication.OAUTH))

    found = run(NAME)

    assert shape() == "oossso" + "os"
    assert step(found, Name.CONSENT).said == grant.AT_SERVER


def test_a_user_signs_in_at_the_server_by_a_token(submission: Sandbox) -> None:
    add(exchange_by(submission, Authentication.CONSENT))
    connect(submission)

    assert shape() == "ooooooos"
    assert step(run(NAME), Name.CONSENT).said == "Granted: SMTP.Send."


def test_a_mailbox_that_its_user_may_not_open_is_named(submission: Sandbox) -> None:
    add(exchange_by(submission, Authentication.CONSENT, username=NOREPLY), NOREPLY)
    connect(submission, as_=ALEX)

    found = run(NAME)

    assert failure(found) == (Name.SERVER, exchange.NOT_FOR_MAILBOX.name)


def test_before_its_sign_in_nothing_is_consented_to(submission: Sandbox) -> None:
    add(exchange_by(submission, Authentication.CONSENT))

    assert failure(run(NAME))[0] == Name.CONSENT


def test_submission_that_is_switched_off_is_named_with_the_line_that_ends_it(
    submission: Sandbox,
) -> None:
    add(exchange_by(submission, Authentication.PASSWORD))
    submission.fault("smtp-auth-off")

    found = run(NAME)

    shown = step(found, Name.SERVER)
    assert shown.outcome == FAILED
    assert f"Set-CASMailbox -Identity '{REPORTS}'" in shown.command


def test_what_a_sign_in_has_just_denied_is_left_to_the_next_mail(
    submission: Sandbox,
) -> None:
    add(exchange_by(submission, Authentication.PASSWORD))
    submission.fault("smtp-auth-off", times=None)
    message = posting.put(sender=REPORTS)
    posting.work()
    before = posting.hold()
    submission.clear()

    found = run(NAME)
    posting.work()

    assert before
    assert before.cause == exchange.SWITCHED_OFF.name
    assert found.well
    assert backlog.state(message) == State.SENT


def test_what_a_sign_in_says_nothing_of_stays_until_a_mail(
    submission: Sandbox,
) -> None:
    account = add(exchange_by(submission, Authentication.PASSWORD))
    with db.session() as session:
        row = graph.NO_SEND_AS
        lanes.hold(session, account.id, Hold(reason=row.sentence, cause=row.name))

    assert failure(run(NAME)) == (Name.SENDER, graph.NO_SEND_AS.name)


def test_this_machines_mail_system_asks_nobody(house: Config) -> None:
    with obeying() as told:
        add(told.server())

        found = run(NAME)

    assert found.well
    assert step(found, Name.CREDENTIAL).said == microsoft.NONE_NEEDED
    assert step(found, Name.SERVER).said == server.ASKS_NOBODY
    assert told.mails == []


def test_a_server_that_refuses_connections_is_out_of_reach(house: Config) -> None:
    add(Server(host="127.0.0.1", port=9, security=Security.NONE))

    assert failure(run(NAME)) == (Name.REACHABLE, network.REFUSED.name)


@pytest.mark.parametrize(
    ("security", "cause"),
    [(Security.STARTTLS, smtp.NO_TLS), (Security.TLS, network.NOT_SECURE)],
)
def test_a_server_without_tls_is_found_before_a_password_is_told(
    house: Config, security: Security, cause: Explanation
) -> None:
    with obeying() as told:
        add(told.signing_in(security=security))

        found = run(NAME)

    assert failure(found) == (Name.REACHABLE, cause.name)
    assert told.said("AUTH") == []


def test_a_certificate_that_is_not_trusted_is_named(submission: Sandbox) -> None:
    add(exchange_by(submission, Authentication.PASSWORD))
    config.use(replace(config.current(), ca_bundle=None))

    assert failure(run(NAME)) == (Name.REACHABLE, network.UNTRUSTED.name)


def test_a_name_that_nobody_knows_is_named(house: Config) -> None:
    add(Server(host="mail.mail-portal.invalid", port=25, security=Security.NONE))

    assert failure(run(NAME)) == (Name.REACHABLE, network.UNRESOLVED.name)
