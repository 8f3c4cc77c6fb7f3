"""A portal, its Microsoft and a worker, all over sockets, in threads of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from portal import config, db
from portal.app import create_app
from portal.config import Config
from portal.delivery.graph import Graph
from portal.delivery.smtp import Smtp
from portal.workspace import accounts
from portal.workspace.people import keys
from tests.journeys.running import eventually, session
from tests.sandbox.serving import Sandbox, serve
from tests.serving import listen, served
from tests.working import working


@dataclass(frozen=True)
class Portal:
    """A running portal, and what an application does with it."""

    url: str
    sandbox: Sandbox
    instance: Path
    key: str = field(repr=False)

    def post(self, subject: str, **more: Any) -> requests.Response:
        """Hand a message over at the HTTP door."""
        message = {"to": ["jane@example.com"], "subject": subject, "text": "x", **more}
        with session() as client:
            return client.post(
                f"{self.url}/api/v1/messages",
                json=message,
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=20,
            )

    def send(self, subject: str) -> requests.Response:
        answer = self.post(subject)
        assert answer.status_code == 202, answer.text
        return answer

    def deliver(self, subject: str) -> dict[str, Any]:
        """Hand a message over and wait until it is sent; return what came out."""
        self.wait_for(self.send(subject), "sent")
        (mail,) = self.sandbox.mails(subject)
        return mail

    def wait_for(self, posted: requests.Response, status: str) -> None:
        """Wait until a message has come so far."""
        eventually(lambda: self.status(posted) == status)

    def status(self, posted: requests.Response) -> str:
        """Ask the door what became of a message."""
        with session() as client:
            answer = client.get(
                posted.json()["links"]["self"],
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=20,
            )
        return str(answer.json()["status"])


@contextmanager
def running(house: Config, *, smtp: bool = False) -> Iterator[Portal]:
    """Run a portal as `serving` does, with a worker and an application's key."""
    with serving(house, smtp=smtp) as portal, _worked(portal.sandbox.url):
        yield replace(portal, key=_key())


@contextmanager
def serving(house: Config, *, smtp: bool = False) -> Iterator[Portal]:
    """Serve a portal that nobody has registered yet, and in which nobody works.

    `smtp`: its Microsoft takes mail by SMTP as well, and so does Google.
    """
    listener = listen()
    base = f"http://localhost:{listener.getsockname()[1]}"
    folder = house.instance if smtp else None
    back = [f"{base}/callback", f"{base}/callback/google"]
    with serve(redirect_uris=back, smtp=folder) as microsoft:
        at, google = microsoft.url, f"{microsoft.url}/google"
        chosen = replace(
            house, base_url=base, login_url=at, graph_url=at, google_url=google
        )
        config.use(chosen)
        with served(create_app(chosen), listener):
            yield Portal(base, microsoft, chosen.instance, key="")


def _key() -> str:
    with db.session() as opened:
        return keys.create(opened, "app")


@contextmanager
def _worked(graph_url: str) -> Iterator[None]:
    """Work all the time; nothing that is changed meanwhile restarts it."""
    smtp = Smtp()
    try:
        with working({accounts.GRAPH: Graph(graph_url), accounts.SMTP: smtp}):
            yield
    finally:
        smtp.connections.close()
