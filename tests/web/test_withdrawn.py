"""A permission taken back at Microsoft: Tenant Settings says which, and asks anew."""

import re
from uuid import UUID

from portal import clock, db
from portal.explanations.own.consent import WITHDRAWN
from portal.mail.outbox import State
from portal.watch import renewal
from portal.workspace import tokens
from portal.workspace.connections import ConnectionRow
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.trip import ANN
from tests.watch.steps import connection
from tests.web.browsing import Browser, value, words
from tests.web.posting import needy, shown


def withdraw(sandbox: Sandbox, scope: str) -> None:
    """Take a permission back, some time after it was consented to; go a round."""
    sandbox.fault("scope-missing", None, scope=scope)
    with db.session() as session:
        row = session.get_one(ConnectionRow, connection().id)
        row.connected_at -= tokens.FRESH
        row.access_until = clock.now()
    renewal.renew(connection())


def test_without_the_right_to_send_somebody_has_to_sign_in(
    sender: Browser, sandbox: Sandbox
) -> None:
    withdraw(sandbox, "Mail.Send")

    page = sender.get("/settings")

    said = WITHDRAWN.why.format(issuer="Microsoft", permissions="Mail.Send")
    assert "E-mail Authorization Required" in words(page)
    assert "Reconnect needed" in words(page)
    assert all(each in words(page) for each in (said, *WITHDRAWN.steps))
    assert 'action="/settings/connection"' in page.text


def test_consent_is_not_said_to_last_once_it_was_withdrawn(
    sender: Browser, sandbox: Sandbox
) -> None:
    lasting = "Until an administrator withdraws it at Microsoft."
    before = words(sender.get("/settings"))

    withdraw(sandbox, "Mail.Send")

    page = words(sender.get("/settings"))
    assert lasting in before
    assert lasting not in page
    assert "Consent withdrawn An administrator withdrew it at Microsoft." in page


def test_sign_in_leads_to_the_change_that_waits_and_keeps_it(
    sender: Browser, sandbox: Sandbox
) -> None:
    change = sender.ask(ANN, large=True)
    withdraw(sandbox, "Mail.Send")
    way = f'href="/consent/{change}"'

    page = sender.get("/settings")

    there = re.findall(rf"<a [^>]*{way}[^>]*>([^<]*)", page.text)
    assert there == ["Sign In", "Continue to Microsoft"]
    assert "Discard change" in words(page)
    sandbox.clear()
    sender.follow(
        sender.travel(sender.travel(f"/consent/{change}").headers["Location"])
    )
    assert "Reconnect needed" not in words(sender.get("/settings"))
    assert "Mail.ReadWrite" in connection().scopes


def test_the_new_sign_in_is_approved_first(sender: Browser, sandbox: Sandbox) -> None:
    withdraw(sandbox, "Mail.Send")
    change = sender.post("/settings/connection").headers["Location"].partition("=")[2]

    led = sender.get(f"/consent/{change}").headers["Location"]

    assert "/adminconsent?" in led


def test_without_reading_the_page_says_what_is_held_and_asks_anew(
    sender: Browser, sandbox: Sandbox, message: UUID
) -> None:
    sender.enable(ANN, large=True)
    needy(message)
    withdraw(sandbox, "Mail.ReadWrite")

    page = sender.get("/settings")
    asked = sender.post("/settings/connection")

    assert "Open Tenant Settings" in shown(sender, message)
    assert "Large mail is held" in words(page)
    assert 'action="/settings/connection"' in page.text
    assert "Reconnect needed" not in words(page)
    assert "Continue to Microsoft" in words(sender.follow(asked))


def test_to_save_what_is_in_force_asks_for_it_too(
    sender: Browser, sandbox: Sandbox
) -> None:
    sender.enable(ANN, large=True)
    withdraw(sandbox, "Mail.ReadWrite")
    version = value(sender.get("/settings"), "version")
    given = {"sender": ANN, "large": "y", "version": version}

    asked = sender.post("/settings", given)

    assert "Continue to Microsoft" in words(sender.follow(asked))


def test_once_it_is_granted_again_large_mail_goes_by_itself(
    sender: Browser, sandbox: Sandbox, message: UUID
) -> None:
    sender.enable(ANN, large=True)
    needy(message)
    withdraw(sandbox, "Mail.ReadWrite")
    sandbox.clear()

    renewal.renew(connection())

    assert backlog.state(message) == State.QUEUED
    assert "Microsoft enabled large file attachments." in shown(sender, message)
    assert "Large mail is held" not in words(sender.get("/settings"))


def test_what_is_held_while_nothing_lacks_goes_with_the_next_renewal(
    sender: Browser, message: UUID
) -> None:
    sender.enable(ANN, large=True)
    needy(message)

    renewal.renew(connection())

    assert backlog.state(message) == State.QUEUED
