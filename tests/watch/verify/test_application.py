"""Verify setup: what is wrong with the application, and its Redirect URI."""

from dataclasses import replace

import pytest

from portal import db
from portal.config import Config
from portal.explanations import Explanation, sign_in
from portal.explanations.own.consent import NOT_REGISTERED
from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from portal.watch.verify.microsoft import ONE_REFUSED
from portal.workspace import registration
from portal.workspace.registration import issuers
from portal.workspace.verification import Name, redirects
from tests.sandbox.serving import Sandbox
from tests.watch.verify.looking import (
    OK,
    SKIPPED,
    failure,
    move,
    run,
    step,
)


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"client_secret": "another"}, sign_in.WRONG_SECRET),
        (
            {"client_id": "00000000-0000-0000-0000-000000000001"},
            sign_in.UNKNOWN_APPLICATION,
        ),
        (
            {"tenant_id": "00000000-0000-0000-0000-000000000002"},
            sign_in.NO_ORGANIZATION,
        ),
    ],
)
def test_what_is_wrong_with_the_application_is_named(
    contoso: Config, more: dict[str, str], cause: Explanation
) -> None:
    known = {"tenant_id": TENANT_ID, "client_id": CLIENT_ID}
    move(**known | {"client_secret": CLIENT_SECRET} | more)

    assert failure(run()) == (Name.CREDENTIAL, cause.name)


def test_of_two_credentials_the_one_that_is_refused_is_told(contoso: Config) -> None:
    with db.session() as session:
        known = registration.current(session)
        assert known
        newer = replace(known, secret="another")
        registration.register(session, newer, admin=None, replace=True)

    found = run()

    shown = step(found, Name.CREDENTIAL)
    assert (found.well, shown.outcome) == (True, OK)
    assert shown.hint == f"{ONE_REFUSED} {sign_in.WRONG_SECRET.sentence}"


def test_an_expired_secret_is_named(contoso: Config, sandbox: Sandbox) -> None:
    sandbox.fault("secret-expired", times=None)

    found = run()

    assert failure(found) == (Name.CREDENTIAL, sign_in.SECRET_EXPIRED.name)
    assert step(found, Name.REDIRECT_URI).outcome == OK


def test_without_an_application_there_is_no_credential(
    house: Config, sandbox: Sandbox
) -> None:
    move(login_url=sandbox.url, graph_url=sandbox.url)

    assert failure(run()) == (Name.CREDENTIAL, NOT_REGISTERED.name)


def test_a_redirect_uri_that_nobody_came_back_to_is_spelled_out(
    contoso: Config,
) -> None:
    move(base_url="https://mail.contoso.example")

    shown = step(run(), Name.REDIRECT_URI)

    assert shown.outcome == SKIPPED
    assert "https://mail.contoso.example/callback, letter for letter" in shown.hint


def test_another_application_has_its_redirect_uris_to_show(contoso: Config) -> None:
    with db.reading() as session:
        known = issuers.known(session)
        other = replace(known, origin="another")

        proofs = [redirects.proven_at(session, each) for each in (known, other)]

    assert [proof is not None for proof in proofs] == [True, False]
