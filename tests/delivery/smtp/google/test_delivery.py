"""Out by Gmail with a user's sign-in at Google: what Gmail refuses, what is shown."""

from portal import db
from portal.explanations.google import gmail as said_by_gmail
from portal.mail.outbox import State
from portal.sandbox.google.people import CLIENT_ID, CLIENT_SECRET
from portal.watch.verify.sender import BY_GMAIL
from portal.workspace import in_force
from portal.workspace.verification import Name, Outcome
from tests.delivery.smtp.consenting import connect, found
from tests.delivery.smtp.google.northwind import DANA, connected, server
from tests.delivery.smtp.posting import NAME, add, hold, put, work
from tests.delivery.steps import record
from tests.sandbox.serving import Sandbox
from tests.watch.verify.looking import outcomes, run, step


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
