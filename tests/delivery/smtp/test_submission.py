"""Out by SMTP to Exchange Online, as the sandbox plays it: password, token, faults."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from portal import config, db
from portal.config import Config
from portal.explanations import smtp
from portal.mail.journal import Event
from portal.mail.message import Attachment
from portal.mail.outbox import State
from portal.sandbox.seeds import PASSWORD
from portal.workspace.accounts.servers import Authentication, Server
from portal.workspace.tokens import application
from portal.workspace.tokens.application import ApplicationTokenRow, Resource
from tests import trip
from tests.delivery.smtp.posting import JANE, JOE, add, hold, parts, put, send, work
from tests.delivery.steps import events, later, record
from tests.sandbox.serving import Sandbox, serve
from tests.sandbox.walking import ALEX, NOREPLY, REPORTS, approval_url

FILE = b"\x00\xff.\r\n..\n" * 50_000


@pytest.fixture
def exchange(house: Config, tmp_path: Path) -> Iterator[Sandbox]:
    """Serve Microsoft with its SMTP server, which the house trusts."""
    with serve(smtp=tmp_path / "exchange") as served:
        assert served.smtp
        chosen = replace(house, login_url=served.url, ca_bundle=served.smtp.authority)
        config.use(chosen)
        yield served


def server(sandbox: Sandbox, **more: Any) -> Server:
    """Say how the sandbox takes mail from somebody with a password."""
    assert sandbox.smtp
    known = Server(
        host="localhost",
        port=sandbox.smtp.port,
        authentication=Authentication.PASSWORD,
        username=REPORTS,
        password=PASSWORD,
    )
    return replace(known, **more)


def by_token(sandbox: Sandbox, **more: Any) -> Server:
    """Say the same for the application, which an administrator has let in."""
    trip.register()
    sandbox.sign_in(None, approval_url(sandbox))
    return server(sandbox, authentication=Authentication.OAUTH, password="", **more)


@pytest.mark.parametrize("way", [server, by_token], ids=["password", "xoauth2"])
def test_a_message_arrives_once_and_whole(
    exchange: Sandbox, way: Callable[[Sandbox], Server]
) -> None:
    files = [Attachment(FILE, name="data.bin")]

    message = send(way(exchange), bcc=JOE, text="Grüße\n.\n", attachments=files)

    [mail] = exchange.mails()
    [file] = mail["attachments"]
    assert record(message).state == State.SENT
    assert file["sha256"] == sha256(FILE).hexdigest()
    assert mail["text"].replace("\r\n", "\n").strip() == "Grüße\n."
    assert (mail["mailbox"], mail["to"], mail["bcc"]) == (REPORTS, [JANE], [JOE])
    assert mail["internet_message_id"] == record(message).internet_message_id


def test_the_application_sends_by_its_own_token(exchange: Sandbox) -> None:
    message = send(by_token(exchange))

    [mail] = exchange.mails()
    assert record(message).state == State.SENT
    assert mail["call"] == "SMTP submission (application)"


def test_its_token_is_kept_beside_that_of_graph(exchange: Sandbox) -> None:
    server = by_token(exchange)
    graph = application.current()
    send(server)

    assert application.current() == graph
    assert application.current(Resource.EXCHANGE) != graph
    with db.reading() as session:
        assert session.query(ApplicationTokenRow).count() == 2


def test_a_token_that_is_refused_is_renewed_once(exchange: Sandbox) -> None:
    server = by_token(exchange)
    before = application.current(Resource.EXCHANGE)
    exchange.fault("smtp-reply", only="AUTH ", reply="535 5.7.3 unsuccessful")

    message = send(server)

    assert record(message).state == State.SENT
    assert application.current(Resource.EXCHANGE) != before


def test_one_that_is_refused_twice_holds_the_account(exchange: Sandbox) -> None:
    server = by_token(exchange)
    exchange.fault("smtp-reply", times=2, only="AUTH ", reply="535 5.7.3 no")

    message = send(server)

    held = hold()
    assert record(message).state == State.HELD
    assert held is not None
    assert held.cause == smtp.NOT_LET_IN.name
    assert "SMTP.SendAsApp" in held.reason


def test_without_a_grant_nothing_is_sent(exchange: Sandbox) -> None:
    trip.register()

    send(server(exchange, authentication=Authentication.OAUTH, password=""))

    assert hold() is not None
    assert exchange.mails() == []


def test_what_is_switched_off_is_not_tried_with_a_new_token(exchange: Sandbox) -> None:
    server = by_token(exchange)
    before = application.current(Resource.EXCHANGE)
    exchange.fault("smtp-auth-off")

    send(server)

    held = hold()
    assert held is not None
    assert held.command.startswith(f"Set-CASMailbox -Identity '{REPORTS}'")
    assert application.current(Resource.EXCHANGE) == before


def test_no_application_holds_the_account(exchange: Sandbox) -> None:
    send(server(exchange, authentication=Authentication.OAUTH, password=""))

    assert hold() is not None


@pytest.mark.parametrize(
    ("kind", "mails"), [("smtp-dropped", 0), ("smtp-dropped-accepted", 1)]
)
def test_a_lost_answer_is_not_sent_again(
    exchange: Sandbox, monkeypatch: pytest.MonkeyPatch, kind: str, mails: int
) -> None:
    exchange.fault(kind)
    message = send(server(exchange))

    for _ in range(3):
        later(monkeypatch, timedelta(minutes=20))
        work()

    assert record(message).state == State.UNCONFIRMED
    assert Event.DOUBTED in events(message)
    assert len(exchange.mails()) == mails


def test_whoever_may_not_send_as_its_from_is_told_what_gives_it(
    exchange: Sandbox,
) -> None:
    add(server(exchange, username=ALEX), NOREPLY)
    put()

    work()

    held = hold()
    assert held is not None
    assert f"-Identity '{NOREPLY}' -Trustee '{ALEX}'" in held.command


def test_a_recipient_that_is_deferred_gets_it_later(
    exchange: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.fault("smtp-reply", only=f"RCPT {JOE} ", reply="450 4.7.1 later")
    message = send(server(exchange), to=[JANE, JOE])

    later(monkeypatch, timedelta(minutes=20))
    work()

    [part] = parts(message)
    assert (record(message).state, record(part.id).state) == (State.SENT,) * 2
    assert sorted(mail["to"] for mail in exchange.mails()) == [[JANE], [JOE]]


def test_a_password_of_before_is_no_longer_used(exchange: Sandbox) -> None:
    send(server(exchange, password="old"))
    assert hold() is not None

    add(server(exchange), name="other")
    message = put(account="other")
    work()

    assert record(message).state == State.SENT
