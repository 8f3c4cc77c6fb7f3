"""Out by Gmail with a user's sign-in at Google: the road, renewed, revoked, refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal import config, db
from portal.config import Config
from portal.errors import Deferred, DeliveryError, IssuerError, NotAllowed, Withheld
from portal.explanations.google import gmail as said_by_gmail
from portal.explanations.google import sign_in
from portal.mail.outbox import State
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET
from portal.submission.client import Reply
from portal.submission.replies import Step, decide
from portal.workspace import accounts, connections, in_force, tokens
from portal.workspace.accounts import servers
from portal.workspace.accounts.servers import Authentication, Provider, Server
from portal.workspace.connections import Connection
from portal.workspace.consent import approval, changes, submission
from portal.workspace.consent.connect import device
from portal.workspace.consent.trips import ConsentFailed, OtherIssuer
from portal.workspace.registration import issuers
from portal.workspace.verification import Name, Outcome
from tests import trip
from tests.delivery.smtp.posting import JANE, NAME, add, hold, put, work
from tests.delivery.smtp.test_consent import age, connect, connection, found, invite
from tests.delivery.steps import record
from tests.sandbox.serving import Sandbox, serve
from tests.watch.verify.looking import outcomes, run, step
from tests.workspace.consent.watching import with_

DANA, ERIN = "dana@northwind.example", "erin@northwind.example"


@pytest.fixture
def gmail(house: Config, tmp_path: Path) -> Iterator[Sandbox]:
    """Serve a Google with its SMTP server; no application of Microsoft is known."""
    with serve(smtp=tmp_path / "gmail") as served:
        assert served.gmail
        config.use(
            replace(
                house,
                google_url=f"{served.url}/google",
                ca_bundle=served.gmail.authority,
            )
        )
        yield served


def server(sandbox: Sandbox, **more: Any) -> Server:
    """Say how the sandbox takes mail from a user of Google's."""
    assert sandbox.gmail
    known = Server(
        host="localhost",
        port=sandbox.gmail.port,
        authentication=Authentication.CONSENT,
        username=DANA,
        provider=Provider.GOOGLE,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    return replace(known, **more)


def connected(sandbox: Sandbox) -> Connection:
    """Add an account, and let its user sign in; return what is kept."""
    add(server(sandbox), DANA)
    connect(sandbox, as_=DANA)
    with db.reading() as session:
        kept = connections.find(session, found().id)
    assert kept
    return kept


def revoke(sandbox: Sandbox) -> None:
    """Take the access back, as its user can in the Google Account."""
    row = connection()
    assert row
    token = connections.unseal(row, "refresh")
    sandbox.session.post(
        f"{sandbox.url}/google/revoke", data={"token": token}, timeout=20
    ).raise_for_status()


def said(reply: str, at: Step) -> tuple[type[DeliveryError], str]:
    status, _, text = reply.partition(" ")
    row = decide(Reply(status=int(status), text=text), at, Provider.GOOGLE)
    return row.kind, row.name


def test_mail_waits_for_the_sign_in_and_leaves_by_it_once(gmail: Sandbox) -> None:
    add(server(gmail), DANA)
    message = put()
    work()
    before = (record(message).state, gmail.mails())

    connect(gmail, as_=DANA)
    work()

    [mail] = gmail.mails()
    assert before == (State.HELD, [])
    assert record(message).state == State.SENT
    assert (mail["mailbox"], mail["to"]) == (DANA, [JANE])
    assert mail["call"] == "SMTP submission (Gmail)"


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


def test_what_is_kept_is_of_this_client_of_google(gmail: Sandbox) -> None:
    kept = connected(gmail)

    assert (kept.authority, kept.client_id) == (f"{gmail.url}/google", CLIENT_ID)
    assert (kept.username, kept.oid) == (DANA, "100000000000000000031")
    assert kept.scopes == {"https://mail.google.com/", "openid", "email"}


def test_a_token_that_has_ended_is_renewed(gmail: Sandbox) -> None:
    connected(gmail)
    before = tokens.current(found().id).access
    age()

    message = put()
    work()

    assert record(message).state == State.SENT
    assert tokens.current(found().id).access != before


def test_a_revoked_sign_in_holds_the_account_until_the_next(gmail: Sandbox) -> None:
    connected(gmail)
    revoke(gmail)
    message = put()
    work()
    held, row = hold(), connection()

    connect(gmail, as_=DANA)
    work()

    assert held is not None
    assert row is not None
    assert (held.cause, row.trouble_cause) == (sign_in.REVOKED.name,) * 2
    assert record(message).state == State.SENT


def test_a_token_that_gmail_refuses_twice_holds_the_account(gmail: Sandbox) -> None:
    connected(gmail)
    gmail.fault("smtp-reply", 2, only="AUTH", reply="535 5.7.8 not accepted - gsmtp")
    put()

    work()

    held = hold()
    assert held is not None
    assert held.cause == said_by_gmail.NOT_FOR_MAILBOX.name


def test_the_days_limit_lets_mail_wait(gmail: Sandbox) -> None:
    connected(gmail)
    limit = "550 5.4.5 Daily user sending limit exceeded. - gsmtp"
    gmail.fault("smtp-reply", only="DATA", reply=limit)
    message = put()

    work()

    assert record(message).state == State.QUEUED
    assert hold() is None


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

    with pytest.raises(OtherIssuer):
        trip.arrive(elsewhere if wrong == "address" else with_(back, iss="https://x"))

    assert connection() is None


def test_google_lets_nobody_in_by_a_code(gmail: Sandbox) -> None:
    add(server(gmail), DANA)

    with pytest.raises(NotAllowed, match="by the link"):
        device.depart(invite())


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


def test_another_client_ends_the_sign_in(gmail: Sandbox) -> None:
    connected(gmail)

    with db.session() as session:
        account = accounts.find(session, NAME)
        submission.move(session, account, server(gmail, client_id="another"))

    assert connection() is None


def test_a_new_secret_of_the_same_client_ends_nothing(gmail: Sandbox) -> None:
    connected(gmail)

    with db.session() as session:
        account = accounts.find(session, NAME)
        submission.move(session, account, server(gmail, client_secret="renewed"))

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
    ("more", "why"),
    [
        ({"host": "mallory.example"}, "for Gmail alone"),
        ({"host": "smtp.office365.com"}, "for Gmail alone"),
        ({"host": "smtp.gmail.com", "ignore_certificate": True}, "for Gmail alone"),
        ({"client_id": ""}, "OAuth client"),
        ({"client_secret": ""}, "OAuth client"),
        ({"authentication": Authentication.OAUTH}, "a user signs in"),
        ({"username": ""}, "username"),
    ],
)
def test_what_would_tell_its_token_to_others_is_refused(
    gmail: Sandbox, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(NotAllowed, match=why):
        servers.check(server(gmail, **more))


def test_gmail_itself_may_have_it(gmail: Sandbox) -> None:
    servers.check(server(gmail, host="smtp.gmail.com", port=587))


def test_a_setup_is_verified_at_google(gmail: Sandbox) -> None:
    connected(gmail)

    verified = run(NAME)

    assert outcomes(verified)[Name.CREDENTIAL] == Outcome.SKIPPED
    for name in (Name.REACHABLE, Name.CONSENT, Name.RENEWAL, Name.SERVER):
        assert outcomes(verified)[name] == Outcome.OK
    assert step(verified, Name.RENEWAL).said == "Google has just renewed it."
    assert "/callback/google" in step(verified, Name.REDIRECT_URI).said


def test_what_is_in_force_is_googles(gmail: Sandbox) -> None:
    kept = connected(gmail)

    with db.reading() as session:
        told = in_force.settings(session, found(), kept)

    assert told["redirect_uri"].endswith("/callback/google")
    assert (told["scopes"], told["client_id"]) == (
        "https://mail.google.com/",
        CLIENT_ID,
    )
    assert CLIENT_SECRET not in str(told)


@pytest.mark.parametrize(
    ("reply", "at", "kind"),
    [
        ("421 4.7.0 Try again later, closing connection.", Step.HELLO, Deferred),
        ("454 4.7.0 Too many login attempts", Step.SIGN_IN, Deferred),
        ("550 5.4.5 Daily user sending limit exceeded", Step.RECIPIENT, Deferred),
        ("535 5.7.8 Username and Password not accepted", Step.SIGN_IN, Withheld),
        ("534 5.7.14 Please log in via your web browser", Step.SIGN_IN, Withheld),
        ("530 5.7.0 Authentication Required", Step.SENDER, Withheld),
    ],
)
def test_what_gmail_says_has_a_meaning(
    reply: str, at: Step, kind: type[DeliveryError]
) -> None:
    assert said(reply, at)[0] is kind


def test_what_gmail_blocks_for_its_content_is_not_called_too_large() -> None:
    blocked = said("552 5.7.0 This message was blocked", Step.CONTENT)

    assert blocked[1] == said_by_gmail.BLOCKED.name
