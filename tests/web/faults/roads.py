"""The roads on which a fault is met, each from what somebody does to what they read."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from portal import clock
from portal.mail.message import Attachment
from portal.sandbox.seeds import PASSWORD
from portal.workspace.accounts.servers import Authentication, Server
from tests import trip
from tests.delivery.smtp import posting
from tests.delivery.steps import work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ADMIN, NOREPLY, PAT, REPORTS
from tests.web.browsing import Browser, words
from tests.web.posting import put

LARGE = 5_000_000  # bytes: it does not fit into one request

Break = Callable[[], None]
Road = Callable[[Browser, Sandbox, Break], str]


def by_graph(ann: Browser, _: Sandbox, break_: Break) -> str:
    """Send a mail, and read its page and the log."""
    ann.enable(ADMIN)
    return _sent(ann, break_)


def from_another(ann: Browser, _: Sandbox, break_: Break) -> str:
    """The same, from a shared mailbox."""
    ann.enable(NOREPLY, large=True)
    ann.confirm()
    return _sent(ann, break_)


def with_file(ann: Browser, _: Sandbox, break_: Break) -> str:
    """The same, with a file that goes beside its draft."""
    ann.enable(ADMIN, large=True)
    return _sent(ann, break_, attachments=[Attachment(bytes(LARGE), name="a.bin")])


def _sent(ann: Browser, break_: Break, **fields: Any) -> str:
    break_()
    message = put(**fields)
    work()
    _look_up(message)
    work()
    return _read(ann, f"/messages/{message}", "/log")


def by_smtp(ann: Browser, sandbox: Sandbox, break_: Break) -> str:
    """Send a mail with a password at the SMTP server, and read the same."""
    assert sandbox.smtp
    posting.add(
        Server(
            host="localhost",
            port=sandbox.smtp.port,
            authentication=Authentication.PASSWORD,
            username=REPORTS,
            password=PASSWORD,
        )
    )
    break_()
    message = posting.put()
    posting.work()
    _look_up(message)
    posting.work()
    return _read(ann, f"/messages/{message}", "/log")


def verified(ann: Browser, _: Sandbox, break_: Break) -> str:
    """Verify the setup, and read the steps and the settings."""
    ann.enable(ADMIN)
    break_()
    at = f"/accounts/{backlog.account()}/verification"
    ann.post(at)
    return _read(ann, at, "/settings")


def connecting(ann: Browser, _: Sandbox, break_: Break) -> str:
    """Sign in for a mailbox, and read how that ended."""
    break_()
    return words(ann.follow(ann.travel(f"/connect/{trip.invite()}", REPORTS)))


def as_guest(ann: Browser, sandbox: Sandbox, break_: Break) -> str:
    """The same as somebody of another organization."""
    break_()
    return words(ann.follow(ann.travel(f"/connect/{trip.invite()}", PAT)))


def _look_up(message: UUID) -> None:
    """Let it be time to ask what became of a message, if that is in doubt."""
    if backlog.row(message)["look_at"]:
        backlog.change(message, look_at=clock.now())


def _read(ann: Browser, *places: str) -> str:
    return " ".join(words(ann.get(place)) for place in places)
