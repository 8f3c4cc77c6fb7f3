"""A sweep: a road of failures is walked with known secrets, and all of it is heard."""

import html
import json
import socket
import threading
from base64 import b64encode
from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import quote, quote_plus
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from portal import config, db
from portal.delivery.graph import Graph
from portal.delivery.smtp import Smtp
from portal.delivery.worker import Worker
from portal.watch import tally
from portal.workspace import accounts
from portal.workspace.accounts import Server as MailServer
from portal.workspace.accounts.servers import Authentication, Security
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Way, Wish
from portal.workspace.people import keys
from tests import terminal
from tests.microsoft.scripted import Server, reply, reset
from tests.sandbox.serving import Sandbox
from tests.watch.alerts import steps
from tests.web.addresses import addresses
from tests.web.browsing import BASE, Browser
from tests.web.posting import put

BODY = "What nobody but Jane may read: the price is 4711."
PASSWORD = "geheim/Passwort+7&?"
TAIL = "/services/T000/geheim/Anhang+7-tail"
COMMANDS = (
    *(("status",), ("status", "--json"), ("log",), ("log", "--json")),
    *(("accounts", "list", "--json"), ("keys", "list", "--json")),
    *(("alerts", "list", "--json"), ("alerts", "test", "Operations")),
)
ALIGNED = (0, 2, 3)  # characters of Base64 that depend on what stands before


def spellings(secret: str) -> set[str]:
    """Return how a secret may look in a page, an address, JSON, or a header."""
    whole = {secret, html.escape(secret), json.dumps(secret)[1:-1]}
    return whole | {quote(secret, safe=""), quote_plus(secret)} | encoded(secret)


def encoded(secret: str) -> set[str]:
    """Return the part of its Base64 that is the same wherever it stands in a text."""
    found = set()
    for before, skipped in enumerate(ALIGNED):
        plain = b" " * before + secret.encode()
        text = b64encode(plain)[skipped : len(plain) // 3 * 4].decode()
        found |= {text, text.replace("+", "-").replace("/", "_")}
    return found


class Road:
    """What is set up with secrets of its own, and then fails."""

    def __init__(self, browser: Browser, receiver: Server) -> None:
        self.browser, self.receiver = browser, receiver
        here = (ip_network("127.0.0.1/32"),)
        config.use(replace(config.current(), alert_private=here))
        wish = Wish(name="Operations", way=Way.WEBHOOK, target=receiver.url + TAIL)
        with db.session() as session:
            channel, signing = channels.add(session, wish, "Ann")
            self.key = keys.create(session, "Billing")
            key_id = keys.check(session, self.key).id
            given = ["reports@contoso.example"]
            accounts.add_smtp(session, "relay", given, nobody(), by="Ann")
        self.ids = {"channel_id": channel.id, "key_id": key_id}
        self.secrets = {BODY, PASSWORD, TAIL, signing, self.key}

    def fail(self, sandbox: Sandbox) -> UUID:
        """Let everything go wrong that sends; return a message that failed."""
        sandbox.fault("error", status=400, code="ErrorInvalidRecipients")
        failed = put(text=BODY)
        work()
        put(text=BODY, account="relay")
        work()
        sandbox.fault("revoked")
        put(text=BODY)
        work()
        self.receiver.will(reply(500), reset(), reply(302, Location=TAIL), reply(404))
        steps.look_and_tell()
        with db.reading() as session:
            [channel] = channels.every(session)
        for _ in range(3):
            self.browser.post(f"/alerts/{channel.id}/test", form_at="/alerts")
        tally.add_up(threading.Event())
        return failed

    def hear(self, app: Flask, ids: dict[str, object]) -> str:
        """Return what pages, the API, webhooks and commands say of it."""
        got = [self.browser.get(each) for each in addresses(app, ids)]
        pages = [f"{page.headers}{page.text}" for page in [*got, *self.ask()]]
        ran = [terminal.portal(*words) for words in COMMANDS]
        posted = [f"{each.headers}{each.body!r}" for each in self.receiver.requests]
        return "".join([*pages, *(each.out + each.err for each in ran), *posted])

    def ask(self) -> list[TestResponse]:
        """Ask the API for what it refuses."""
        client = self.browser.client
        refused = {"to": ["jane@example.com"], "text": 7, "attachments": [BODY]}
        return [
            client.post(
                "/api/v1/messages",
                base_url=BASE,
                json=refused,
                headers={"Authorization": f"Bearer {key}"},
            )
            for key in (self.key, self.key[:-1] + "x")
        ]


def nobody() -> MailServer:
    """Return a mail server that does not listen."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return MailServer(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        authentication=Authentication.PASSWORD,
        username="reports@contoso.example",
        password=PASSWORD,
    )


def work() -> None:
    graph = Graph(config.current().graph_url)
    Worker({"graph": graph, "smtp": Smtp()}).work_once()
