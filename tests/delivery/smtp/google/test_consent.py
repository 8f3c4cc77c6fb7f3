"""A user's sign-in at Google: asked for, whom it lets in, what ends it."""

import pytest

from portal import clock, db
from portal.errors import IssuerError, NotAllowed, NotFound
from portal.explanations.google import sign_in
from portal.sandbox.google.people import CLIENT_ID
from portal.workspace import accounts, tokens
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import approval, changes, submission
from portal.workspace.consent.connect import device
from portal.workspace.consent.trips import ConsentFailed
from portal.workspace.registration import issuers
from tests import trip
from tests.delivery.smtp.consenting import connect, connection, found, invite
from tests.delivery.smtp.google.northwind import DANA, ERIN, connected, server
from tests.delivery.smtp.posting import NAME, add
from tests.sandbox.serving import Sandbox
from tests.workspace.consent.watching import with_


def test_a_trip_asks_google_for_lasting_access_to_mail(gmail: Sandbox) -> None:
    add(server(gmail), DANA)

    address = trip.depart(invite().link)

    assert address.startswith(f"{gmail.url}/google/o/oauth2/v2/auth?")
    for part in ("access_type=offline", "consent", "code_challenge_method=S256"):
        assert part in address
    assert "redirect_uri=http%3A%2F%2Flocalhost%3A5000%2Fcallback%2Fgoogle" in address


def test_nobody_has_to_approve_it_at_microsoft(gmail: Sandbox) -> None:
    add(server(gmail), DANA)
    change = invite()

    with db.reading() as session:
        assert not approval.needed(session, change)


def test_an_approval_link_leads_to_no_issuer_that_asks_for_none(
    gmail: Sandbox,
) -> None:
    trip.register()
    add(server(gmail), DANA)

    with pytest.raises(NotFound):
        trip.depart_to_approve(invite().approval_link)


def test_what_is_kept_is_of_this_client_of_google(gmail: Sandbox) -> None:
    kept = connected(gmail)

    assert (kept.authority, kept.client_id) == (f"{gmail.url}/google", CLIENT_ID)
    assert (kept.username, kept.oid) == (DANA, "100000000000000000031")
    assert kept.scopes == {"https://mail.google.com/", "openid", "email"}


def test_another_user_is_refused(gmail: Sandbox) -> None:
    add(server(gmail), DANA)

    with pytest.raises(ConsentFailed, match=f"Expected {DANA}, signed in as {ERIN}"):
        connect(gmail, as_=ERIN)

    assert connection() is None


@pytest.mark.parametrize(
    ("answer", "error", "why"),
    [
        ("less", ConsentFailed, "Google did not grant: https://mail.google.com/"),
        ("cancel", IssuerError, "declined at Google"),
        ("admin_policy_enforced", IssuerError, "Google Admin console"),
    ],
)
def test_what_is_not_allowed_connects_nothing(
    gmail: Sandbox, answer: str, error: type[Exception], why: str
) -> None:
    add(server(gmail), DANA)
    back = gmail.sign_in(None, trip.depart(invite().link), as_=DANA, answer=answer)

    with pytest.raises(error, match=why):
        trip.arrive(back)

    assert connection() is None


@pytest.mark.parametrize("wrong", ["address", "name"])
def test_the_code_of_google_is_told_to_nobody_else(gmail: Sandbox, wrong: str) -> None:
    add(server(gmail), DANA)
    back = gmail.sign_in(None, trip.depart(invite().link), as_=DANA)
    elsewhere = back.replace("/callback/google", "/callback")

    with pytest.raises(ConsentFailed, match="Another service answered"):
        trip.arrive(elsewhere if wrong == "address" else with_(back, iss="https://x"))

    assert connection() is None


def test_google_lets_nobody_in_by_a_code(gmail: Sandbox) -> None:
    account = add(server(gmail), DANA)

    with pytest.raises(NotAllowed, match="by the link"):
        device.check(account)


def test_a_wrong_secret_is_the_operators(gmail: Sandbox) -> None:
    add(server(gmail, client_secret="wrong"), DANA)

    with pytest.raises(IssuerError) as refused:
        connect(gmail, as_=DANA)

    assert refused.value.cause == sign_in.CREDENTIAL_REFUSED.name


def test_another_application_of_microsoft_ends_no_sign_in_of_google(
    gmail: Sandbox,
) -> None:
    connected(gmail)

    trip.register()

    assert connection() is not None


def test_only_an_account_of_google_asks_google(gmail: Sandbox) -> None:
    add(server(gmail), DANA)

    with db.reading() as session:
        assert issuers.of(session) is None
        issuer = issuers.of(session, found().id)
        change = changes.pending(session, found().id)

    assert issuer is not None
    assert (issuer.name, change) == ("Google", None)


@pytest.mark.parametrize(
    ("more", "stays"),
    [({"client_id": "another"}, False), ({"client_secret": "renewed"}, True)],
)
def test_another_client_ends_the_sign_in_and_a_new_secret_does_not(
    gmail: Sandbox, more: dict[str, str], stays: bool
) -> None:
    connected(gmail)

    with db.session() as session:
        account = accounts.find(session, NAME)
        submission.move(session, account, server(gmail, **more))

    assert (connection() is not None) == stays


def test_what_is_not_known_everywhere_yet_is_not_told_of_microsoft(
    gmail: Sandbox,
) -> None:
    kept = connected(gmail)
    with db.session() as session:
        row = session.get_one(ConnectionRow, kept.id)
        row.scopes, row.access_until = ["openid", "email"], clock.now()

    with pytest.raises(IssuerError, match="Google does not know everywhere yet"):
        tokens.current(found().id)
