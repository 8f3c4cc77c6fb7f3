"""The roads on which a fault is met, each from what somebody does to what they read."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTP
from ssl import create_default_context
from typing import Any
from uuid import UUID

import pytest

from portal import clock, config, db
from portal.accept import Caller
from portal.delivery.graph import Graph
from portal.errors import IssuerError
from portal.intake import desk
from portal.mail.message import Attachment, Message
from portal.sandbox.seeds import PASSWORD
from portal.sandbox.smtp.session import CONNECTIONS
from portal.workspace import tokens
from portal.workspace.accounts.servers import Authentication, Server
from portal.workspace.connections import ConnectionRow
from portal.workspace.consent import changes
from portal.workspace.consent.connect import device
from portal.workspace.people import keys
from tests import trip
from tests.delivery.smtp import posting
from tests.delivery.steps import later, work, work_once
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ADMIN, ALEX, ALIAS, NOREPLY, PAT, REPORTS
from tests.web.browsing import BASE, Browser, words

FILE = 5_000_000  # bytes: it does not fit into one request
HUGE = 28_000_000  # bytes: encoded, a mailbox takes no such message by itself
WAIT = timedelta(seconds=5)
LOOKS = 8  # more than are made before a message counts as unconfirmed

Break = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Read:
    """What somebody reads at the end of a road."""

    page: str  # that of the message, of the verification or of the trip
    log: str = ""  # the mail log, if a mail was on the road
    explanation: str = ""  # its name, as a program is told by the API


Road = Callable[[Browser, Sandbox, Break], Read]


def by_graph(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """Send a mail, and read its page, the log, and what a program is told."""
    ann.enable(ADMIN)
    return _sent(ann, break_)


def just_connected(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same, and it breaks before somebody has signed in for the mailbox."""
    break_()
    ann.enable(ADMIN)
    return _sent(ann, lambda: None)


def from_another(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same, from a shared mailbox."""
    ann.enable(NOREPLY, large=True)
    ann.confirm()
    return _sent(ann, break_)


def from_alias(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same, from another address of one's own mailbox."""
    ann.enable(ALIAS, large=True)
    ann.confirm()
    return _sent(ann, break_)


def with_file(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same, with a file that goes beside its draft."""
    ann.enable(ADMIN, large=True)
    return _sent(ann, break_, FILE)


def with_huge_file(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same, with one that no mailbox takes before an admin has raised its limit."""
    ann.enable(ADMIN, large=True)
    return _sent(ann, break_, HUGE)


def with_lost_part(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
    """The same, and what became of a part of the file is not heard."""
    ann.enable(ADMIN, large=True)
    sandbox.fault("dropped", only="PUT")
    return _retried(ann, break_)


def with_lost_draft(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
    """The same, and what became of the draft is not heard."""
    ann.enable(ADMIN, large=True)
    sandbox.fault("504-accepted", only="POST /v1.0/me/messages ")
    return _retried(ann, break_)


def with_lost_answer(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
    """The same, and what became of the mail is not heard."""
    ann.enable(ADMIN, large=True)
    sandbox.fault("504-accepted", only="/send ")
    return _sent(ann, break_, FILE)


def by_smtp(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
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
    secret, message = _put(account=posting.NAME)
    posting.work()
    _look_up(message)
    posting.work()
    return _read(ann, secret, message)


def beside_others(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
    """The same, while others have as many connections as the mailbox may."""
    assert sandbox.smtp
    with ExitStack() as others:
        for _ in range(CONNECTIONS):
            other = others.enter_context(SMTP("localhost", sandbox.smtp.port))
            trusted = create_default_context(cafile=str(sandbox.smtp.authority))
            other.starttls(context=trusted)
            other.login(REPORTS, PASSWORD)
        return by_smtp(ann, sandbox, break_)


def verified(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """Verify the setup, and read its steps."""
    ann.enable(ADMIN)
    return _verified(ann, break_)


def verified_later(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same, when what was consented to is known everywhere."""
    ann.enable(ADMIN)
    with db.session() as session:
        session.query(ConnectionRow).one().connected_at -= tokens.FRESH
    return _verified(ann, break_)


def renewed(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
    """The same, and read the settings."""
    verified(ann, sandbox, break_)
    return Read(page=words(ann.get("/settings")))


def connecting(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """Sign in for a mailbox, and read how that ended."""
    return _connected(ann, break_, REPORTS)


def as_guest(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """The same as somebody of another organization."""
    return _connected(ann, break_, PAT)


def by_code(ann: Browser, sandbox: Sandbox, break_: Break) -> Read:
    """The same by a code, and read the settings meanwhile."""
    break_()
    with db.reading() as session:
        change = changes.follow(session, trip.invite())
    try:
        visit = device.depart(change)
        sandbox.enter_code(visit.code.address, visit.code.user_code, as_=REPORTS)
        device.arrive(visit, lambda _: None)
    except IssuerError:
        pass  # the page tells why
    return Read(page=words(ann.get("/settings")))


def signing_in(ann: Browser, _: Sandbox, break_: Break) -> Read:
    """Sign in to the portal as somebody who is no admin by their address."""
    break_()
    return Read(page=words(ann.follow(ann.sign_in(ALEX))))


def _connected(ann: Browser, break_: Break, as_: str) -> Read:
    break_()
    page = ann.follow(ann.travel(f"/connect/{trip.invite()}", as_))
    return Read(page=words(page))


def _verified(ann: Browser, break_: Break) -> Read:
    break_()
    at = f"/accounts/{backlog.account()}/verification"
    ann.post(at)
    return Read(page=words(ann.get(at)))


def _sent(ann: Browser, break_: Break, size: int = 0) -> Read:
    break_()
    files = [Attachment(bytes(size), name="a.bin")] if size else []
    secret, message = _put(attachments=files)
    for _ in range(LOOKS):
        work()
        _look_up(message)
    return _read(ann, secret, message)


def _retried(ann: Browser, break_: Break) -> Read:
    """Send a mail with a file, and let it be time to try it again."""
    break_()
    secret, message = _put(attachments=[Attachment(bytes(FILE), name="a.bin")])
    work_once(Graph(config.current().graph_url))
    with pytest.MonkeyPatch.context() as patch:
        later(patch, WAIT)
        work_once(Graph(config.current().graph_url))
    return _read(ann, secret, message)


def _put(**fields: Any) -> tuple[str, UUID]:
    """Bring a message with a key; return both."""
    with db.session() as session:
        secret = keys.create(session, "Ben")
        key = keys.check(session, secret)
    whole = {"to": "jane@example.com", "subject": "Report", "text": "Well."} | fields
    caller = Caller(name=key.name, key_id=key.id)
    return secret, UUID(desk.take(Message(**whole), caller).id)


def _look_up(message: UUID) -> None:
    """Let it be time to ask what became of a message, if that is in doubt."""
    if backlog.row(message)["look_at"]:
        backlog.change(message, look_at=clock.now())


def _read(ann: Browser, secret: str, message: UUID) -> Read:
    told = ann.client.get(
        f"/api/v1/messages/{message}",
        base_url=BASE,
        headers={"Authorization": f"Bearer {secret}"},
    ).get_json()
    return Read(
        page=words(ann.get(f"/messages/{message}")),
        log=words(ann.get("/log?status=all")),
        explanation=(told["explanation"] or {}).get("name", ""),
    )
