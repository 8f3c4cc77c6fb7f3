"""Out by Gmail with a user's sign-in at Google: the road, renewed, revoked, shown."""

from portal import db
from portal.explanations.google import gmail as said_by_gmail
from portal.explanations.google import sign_in
from portal.mail.outbox import State
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET
from portal.watch.verify.sender import BY_GMAIL
from portal.workspace import connections, in_force, tokens
from portal.workspace.verification import Name, Outcome
from tests.delivery.smtp.consenting import age, connect, connection, found
from tests.delivery.smtp.google.northwind import DANA, connected, server
from tests.delivery.smtp.posting import JANE, NAME, add, hold, put, work
from tests.delivery.steps import record
from tests.sandbox.serving import Sandbox
from tests.watch.verify.looking import outcomes, run, step


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


def revoke(sandbox: Sandbox) -> None:
    """Take the access back, as its user can in the Google Account."""
    row = connection()
    assert row
    token = connections.unseal(row, "refresh")
    sandbox.session.post(
        f"{sandbox.url}/google/revoke", data={"token": token}, timeout=20
    ).raise_for_status()


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


def test_a_setup_is_verified_at_google(gmail: Sandbox) -> None:
    connected(gmail)

    verified = run(NAME)

    assert outcomes(verified)[Name.CREDENTIAL] == Outcome.SKIPPED
    for name in (Name.REACHABLE, Name.CONSENT, Name.RENEWAL, Name.SERVER):
        assert outcomes(verified)[name] == Outcome.OK
    assert step(verified, Name.RENEWAL).said == "Google has just renewed it."
    assert "/callback/google" in step(verified, Name.REDIRECT_URI).said


def test_what_gmail_makes_of_another_from_is_left_to_what_arrives(
    gmail: Sandbox,
) -> None:
    add(server(gmail), "orders@northwind.example")
    connect(gmail, as_=DANA)

    shown = step(run(NAME), Name.SENDER)

    assert (shown.outcome, shown.said) == (Outcome.SKIPPED, BY_GMAIL)


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
