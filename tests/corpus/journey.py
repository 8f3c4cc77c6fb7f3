"""The doors a mail comes in by, the roads it leaves by, and what arrives."""

import email
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email import policy
from typing import Any
from uuid import UUID

import portal
from portal import config
from portal.app import create_app
from portal.config import Config
from portal.mail.outbox.records import Record
from tests import terminal
from tests.delivery.drafting import ADMIN, NOREPLY
from tests.delivery.steps import record, work
from tests.intake.conftest import bearer
from tests.sandbox.serving import Sandbox
from tests.trip import connect, connect_large

Door = Callable[[bytes], UUID]
Opening = Callable[[], Door]


def http() -> Door:
    client = create_app(config.current()).test_client()
    head = {"Authorization": bearer("app"), "Content-Type": "message/rfc822"}

    def post(raw: bytes) -> UUID:
        answer = client.post("/api/v1/messages", data=raw, headers=head)
        assert answer.status_code == 202, answer.text
        return UUID(answer.json["id"])  # type: ignore[index]

    return post


def command() -> Door:
    def pipe(raw: bytes) -> UUID:
        ran = terminal.portal("send", piped=raw)
        assert ran.code == 0, ran.err
        return UUID(ran.out.split()[0])

    return pipe


def hook() -> Door:
    def hand_over(raw: bytes) -> UUID:
        mail = email.message_from_bytes(raw, policy=policy.default)
        return UUID(portal.send(mail).id)

    return hand_over


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What became of a mail."""

    record: Record
    source: bytes | None  # None: it was not sent
    files: list[dict[str, Any]]  # as the sandbox describes them
    to: list[str]
    cc: list[str]
    bcc: list[str]


def connected(road: str, house: Config, sandbox: Sandbox) -> str:
    """Connect so that mail leaves by a road; return its From."""
    config.use(replace(house, login_url=sandbox.url, graph_url=sandbox.url))
    if road == "own":
        connect(sandbox, ADMIN)
        return ADMIN
    if road == "draft":
        connect_large(house, sandbox, ADMIN, NOREPLY)
    else:
        connect(sandbox, "reports@contoso.example", NOREPLY)
    return NOREPLY


def travelled(
    mails: Mapping[str, bytes], door: Door, sandbox: Sandbox
) -> dict[str, Arrived]:
    """Bring all mails in by a door, and see what became of each."""
    return sent({name: door(raw) for name, raw in mails.items()}, sandbox)


def sent(accepted: Mapping[str, UUID], sandbox: Sandbox) -> dict[str, Arrived]:
    """Send what was accepted, and see what became of each."""
    work()
    found = {mail["internet_message_id"]: mail for mail in sandbox.mails()}
    known = {name: record(message) for name, message in accepted.items()}
    assert len({each.internet_message_id for each in known.values()}) == len(known)
    return {name: _arrived(each, found, sandbox) for name, each in known.items()}


def _arrived(
    known: Record, found: dict[str, dict[str, Any]], sandbox: Sandbox
) -> Arrived:
    mail = found.get(known.internet_message_id)
    if mail is None:
        return Arrived(record=known, source=None, files=[], to=[], cc=[], bcc=[])
    return Arrived(
        record=known,
        source=sandbox.source(mail),
        files=mail["attachments"],
        **{name: mail[name] for name in ("to", "cc", "bcc")},
    )
