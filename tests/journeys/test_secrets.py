"""No secret, token or content in the database file, in a log, or in an answer."""

import re
from pathlib import Path

from portal import config, db, vault
from portal.sandbox.seeds import CLIENT_SECRET
from portal.workspace import accounts, connections, house
from tests.journeys.running import Portal, eventually, running, session

BODY = "the body that nobody but its readers may see"
CODE = "ErrorInvalidRecipients"
FILE = "bmV2ZXIgaW4gdGhlIGNsZWFy"  # "never in the clear"
PLAIN = b"never in the clear"
HIDDEN_FROM_FILES = {"keys", "sandbox.db", "sandbox.db-wal", "sandbox.db-shm"}


def test_nothing_secret_is_left_lying_about(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    with running(instance, PORTAL_LOG_FORMAT="json") as portal:
        page = portal.connect()
        portal.new_key()
        answers = [page, *_send(portal), *_refused(portal)]
        _fail_once(portal)
    secrets = [*_tokens(portal), portal.api_key, portal.link, CLIENT_SECRET]
    keys = (instance / "keys").read_text().split()

    left = b"".join(_files(instance)) + portal.log.read_bytes()
    assert left.count(CODE.encode()) > 2  # in the database, a log file, standard output
    told = "".join(answers).encode()

    for secret in [*secrets, *keys, BODY, FILE]:
        assert secret.encode() not in left
    for secret in [*secrets, *keys]:
        assert secret.encode() not in told
    assert PLAIN not in left
    assert not re.search(rb"[?&]code=|refresh_token|eyJ[A-Za-z0-9_-]{20}", left)


def _send(portal: Portal) -> list[str]:
    file = {"name": "a.bin", "content": FILE}
    brought = {"to": ["jane@example.com"], "text": BODY, "attachments": [file]}
    answer = portal.post(brought)
    message_id = answer.json()["id"]
    eventually(lambda: portal.status(message_id) == "sent")
    return [answer.text, str(answer.headers), portal.show(message_id)]


def _refused(portal: Portal) -> list[str]:
    answer = portal.post({"to": ["jane@example.com"], "text": BODY, "unknown": BODY})
    with session() as stranger:
        strange = stranger.get(f"{portal.url}/callback?code=abc&state=def")
    return [answer.text, strange.text]


def _fail_once(portal: Portal) -> None:
    """Let Microsoft refuse, so that errors are written too."""
    portal.sandbox.fault("error", status=400, code=CODE, only="sendMail")
    answer = portal.post({"to": ["jane@example.com"], "text": BODY})
    message_id = answer.json()["id"]
    eventually(lambda: portal.status(message_id) == "failed")
    assert CODE in portal.show(message_id)


def _tokens(portal: Portal) -> list[str]:
    known = {k: v for k, v in portal.environ.items() if k.startswith("PORTAL_")}
    settings = config.read(known)
    config.use(settings)
    house.open_up(settings)
    with db.reading() as opened:
        row = connections.in_use(opened, accounts.find(opened).id)
        assert row
        found = [connections.unseal(row, "access"), connections.unseal(row, "refresh")]
    db.disconnect()
    vault.lock()
    return found


def _files(instance: Path) -> list[bytes]:
    every = [path for path in instance.rglob("*") if path.is_file()]
    return [path.read_bytes() for path in every if path.name not in HIDDEN_FROM_FILES]
