"""Out with a user's sign-in, whoever vouches for it: waiting, renewed, revoked."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from portal.explanations import google, sign_in
from portal.mail.outbox import State
from portal.workspace import connections, tokens
from portal.workspace.accounts import Server
from tests.delivery.smtp import consenting
from tests.delivery.smtp.consenting import age, connection, found
from tests.delivery.smtp.google import northwind
from tests.delivery.smtp.posting import JANE, add, hold, put, work
from tests.delivery.steps import record
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import REPORTS


def revoke_at_microsoft(sandbox: Sandbox) -> None:
    sandbox.fault("revoked", mailbox=REPORTS)


def revoke_at_google(sandbox: Sandbox) -> None:
    """Take the access back, as its user can in the Google Account."""
    row = connection()
    assert row
    token = connections.unseal(row, "refresh")
    sandbox.session.post(
        f"{sandbox.url}/google/revoke", data={"token": token}, timeout=20
    ).raise_for_status()


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """One that a user signs in at, and the server that takes mail for it."""

    name: str  # of the fixture that serves it
    user: str
    server: Callable[[Sandbox], Server]
    call: str  # as the sandbox names what it took
    revoke: Callable[[Sandbox], None]
    cause: str  # of what follows from that


ISSUERS = (
    Issuer(
        name="exchange",
        user=REPORTS,
        server=consenting.server,
        call="SMTP submission (delegated)",
        revoke=revoke_at_microsoft,
        cause=sign_in.PASSWORD_CHANGED.name,
    ),
    Issuer(
        name="gmail",
        user=northwind.DANA,
        server=northwind.server,
        call="SMTP submission (Gmail)",
        revoke=revoke_at_google,
        cause=google.sign_in.REVOKED.name,
    ),
)


@pytest.fixture(params=[pytest.param(each, id=each.name) for each in ISSUERS])
def issuer(request: pytest.FixtureRequest) -> Issuer:
    given: Issuer = request.param
    return given


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, issuer: Issuer) -> Sandbox:
    """Serve the issuer, with an account that waits for its user."""
    served: Sandbox = request.getfixturevalue(issuer.name)
    add(issuer.server(served), issuer.user)
    return served


def connect(sandbox: Sandbox, issuer: Issuer) -> None:
    consenting.connect(sandbox, as_=issuer.user)


def test_mail_waits_for_the_sign_in_and_leaves_by_it_once(
    sandbox: Sandbox, issuer: Issuer
) -> None:
    message = put()
    work()
    before = (record(message).state, sandbox.mails())

    connect(sandbox, issuer)
    work()

    [mail] = sandbox.mails()
    assert before == (State.HELD, [])
    assert record(message).state == State.SENT
    assert (mail["mailbox"], mail["to"]) == (issuer.user, [JANE])
    assert mail["call"] == issuer.call


def test_a_token_that_has_ended_is_renewed(sandbox: Sandbox, issuer: Issuer) -> None:
    connect(sandbox, issuer)
    before = tokens.current(found().id).access
    age()

    message = put()
    work()

    assert record(message).state == State.SENT
    assert tokens.current(found().id).access != before


def test_a_revoked_sign_in_holds_the_account_until_the_next(
    sandbox: Sandbox, issuer: Issuer
) -> None:
    connect(sandbox, issuer)
    issuer.revoke(sandbox)
    message = put()
    work()
    held, row = hold(), connection()

    sandbox.clear()
    connect(sandbox, issuer)
    work()

    assert held is not None
    assert row is not None
    assert (held.cause, row.trouble_cause) == (issuer.cause, issuer.cause)
    assert row.trouble == held.reason
    assert record(message).state == State.SENT
