"""What holds all the while: nothing is restarted, and tokens open for one mailbox."""

from threading import Thread
from threading import enumerate as threads
from uuid import uuid4

import pytest

from portal import db
from portal.errors import CannotDecrypt
from portal.workspace import accounts, connections
from tests.browser.journeys.people import REPORTS, Admin, choose
from tests.trip import ANN

# Threads are named by what they run.
FOR_LONG = ("(run)", "(serve_forever)")


def test_from_enable_to_save_to_reset_nothing_is_restarted(ann: Admin) -> None:
    before, portal = standing(), ann.portal

    ann.enable(ANN)
    ann.completed()
    first = portal.deliver("First")
    ann.sender.fill(REPORTS)
    choose(ann.ask("Save"), REPORTS)
    ann.completed()
    second = portal.deliver("Second")
    ann.reset()
    held = portal.send("Third")
    ann.enable(ANN)
    ann.completed()
    portal.wait_for(held, "sent")

    assert (first["from"], second["from"]) == (ANN, REPORTS)
    assert [mail["from"] for mail in portal.sandbox.mails("Third")] == [ANN]
    assert before == standing()


def standing() -> set[Thread]:
    """Find the portal and its worker, not those who serve one request."""
    found = {thread for thread in threads() if thread.name.endswith(FOR_LONG)}
    assert len(found) >= len(FOR_LONG)
    return found


def test_sealed_tokens_open_for_the_mailbox_they_were_given_for(settled: Admin) -> None:
    settled.portal.deliver("Proof")
    with db.reading() as session:
        row = connections.in_use(session, accounts.find(session).id)
        assert row
        session.expunge(row)
    assert connections.unseal(row, "refresh")

    row.id = uuid4()  # of another organization's, or another account's

    with pytest.raises(CannotDecrypt):
        connections.unseal(row, "refresh")
