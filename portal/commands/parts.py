"""All parts on one machine, and the sandbox among them."""

import logging
import signal
import sys
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from shlex import quote

import click
from flask import Flask

from portal import config, db, net, vault
from portal.commands import operator
from portal.commands.process import begin, part
from portal.config import Bind, Config
from portal.errors import ConfigError
from portal.intake.smtp import certificate
from portal.logs.forms import Json
from portal.sandbox import certified, listen, listen_as_gmail, seeds
from portal.sandbox import create_app as create_sandbox
from portal.serve import Server, check_free, listened_to
from portal.supervise import Part, Supervisor
from portal.watch.outside.lookout import Lookout
from portal.workspace import accounts, house, registration, standing
from portal.workspace.standing import Outline

SANDBOX_STATE = "sandbox.db"
SANDBOX_ADMIN = "admin@contoso.example"
LOOK_SECONDS = 0.2


@part()
def sandbox(settings: Config) -> None:
    """Play Microsoft and Google on this machine; no mail leaves it."""
    check_free(settings.sandbox_smtp_bind)
    check_free(settings.sandbox_gmail_bind)
    Server(partial(_sandbox, settings), settings.sandbox_bind, 1).run()


@click.command()
@click.option("--sandbox", "playing", is_flag=True, help="With a Microsoft to try.")
def up(*, playing: bool) -> None:
    """Run all parts on this machine; what dies is started again."""
    settings = begin("up", certificate.check, net.check)
    _check(settings, playing)
    with Lookout(settings).opening():
        house.open_up(settings)
    more = _issuers(settings) if playing else {}
    doors = [Part("web", ["web"], more), Part("smtp", ["smtp"], more)]
    groups = [[*doors, *_workers(settings, more)]]
    if playing:
        _register_sandbox()
        groups.append([Part("sandbox", ["sandbox"], more)])
    step = _next_step(settings)
    db.disconnect()
    running = Supervisor(groups)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.stop())
    announcing = threading.Thread(
        target=_announce, args=(settings, more, step, running), daemon=True
    )
    announcing.start()
    running.run()


def _check(settings: Config, playing: bool) -> None:
    """Raise ConfigError before anything starts that could not go on."""
    for bind in (settings.web_bind, settings.smtp_bind, settings.smtps_bind):
        if bind:
            check_free(bind)
    if playing:
        _check_alone("PORTAL_SANDBOX_BIND", settings.sandbox_bind)
        _check_alone("PORTAL_SANDBOX_SMTP_BIND", settings.sandbox_smtp_bind)
        _check_alone("PORTAL_SANDBOX_GMAIL_BIND", settings.sandbox_gmail_bind)


def _check_alone(name: str, bind: Bind) -> None:
    """Raise ConfigError for an address of the sandbox that others reach, or have."""
    if not config.is_loopback(bind.host):
        raise ConfigError(
            f"{name} must be an address of this machine alone, such as 127.0.0.1:"
            f"{bind.port}: whoever reaches the sandbox reads all of its mail."
        )
    check_free(bind)


def _issuers(settings: Config) -> Mapping[str, str]:
    """Say where issuers are: at the sandbox, whose certificate is trusted as well."""
    at = _sandbox_url(settings)
    more = {"PORTAL_LOGIN_URL": at, "PORTAL_GRAPH_URL": at}
    more["PORTAL_GOOGLE_URL"] = f"{at}/google"
    if settings.ca_bundle is None:
        authority, _ = certified(settings.instance)
        more["PORTAL_CA_BUNDLE"] = str(authority)
    return more


def _next_step(settings: Config) -> str:
    """Tell what the operator does next: an address to open, or a command."""
    if not vault.unlocked():
        return "Can't decrypt: bring back the key that fits this database"
    with db.reading() as session:
        found = standing.brief(session, accounts.find(session))
        registered = registration.current(session) is not None
    if found.outline != Outline.NOT_CONNECTED:
        return _send_step()
    return f"{settings.base_url}/settings" if registered else operator.setup_address()


def _send_step() -> str:
    program = Path(sys.argv[0])
    name = str(program) if program.name == "portal" else "portal"
    return f"{name} send --to ADDRESS --subject Hello --text Hello --wait"


def _workers(settings: Config, more: Mapping[str, str]) -> list[Part]:
    numbers = range(1, settings.workers + 1)
    return [Part(f"worker {number}", ["worker"], more) for number in numbers]


def _sandbox(settings: Config) -> Flask:
    settings.instance.mkdir(parents=True, exist_ok=True)
    app = create_sandbox(
        state=settings.instance / SANDBOX_STATE,
        redirect_uris=[settings.redirect_uri, settings.google_redirect_uri],
        base_url=_sandbox_url(settings),
    )
    listen(app, *settings.sandbox_smtp_bind, settings.instance)
    listen_as_gmail(app, *settings.sandbox_gmail_bind, settings.instance)
    return app


def _sandbox_url(settings: Config) -> str:
    return f"http://{settings.sandbox_bind}"


def _register_sandbox() -> None:
    """Register the sandbox's application, unless another organization's is there."""
    if not vault.unlocked():
        return
    with db.session() as session:
        known = registration.current(session)
        if known is None:
            application = registration.application(
                tenant=seeds.TENANT_ID,
                client_id=seeds.CLIENT_ID,
                secret=seeds.CLIENT_SECRET,
                certificate=None,
            )
            registration.register(
                session, application, admin=SANDBOX_ADMIN, replace=False
            )
        elif known.client_id != seeds.CLIENT_ID:
            raise ConfigError(
                "This portal is registered with a real organization, and the sandbox"
                " plays another. Please unset PORTAL_CLIENT_ID if it is set, and set"
                " PORTAL_INSTANCE to an empty folder."
            )


def _announce(
    settings: Config, played: Mapping[str, str], step: str, running: Supervisor
) -> None:
    """Print the addresses once they answer, and whom to sign in as.

    `played` says where the sandbox plays issuers; it is empty without one.
    """
    places = [f"http://{settings.web_bind}"]
    places += [_sandbox_url(settings)] if played else []
    while not (all(map(_answers, places)) and listened_to(settings.smtp_bind)):
        if running.stopping.wait(LOOK_SECONDS):
            return
    say = _as_json if settings.log_format == "json" else click.echo
    say(f"Mail Portal  {settings.base_url}")
    say(f"SMTP door    {settings.smtp_bind}  (an API key is the password)")
    if played:
        say(f"Sandbox      {_sandbox_url(settings)}  (plays Microsoft 365)")
        say(f"By SMTP      {settings.sandbox_smtp_bind}  (STARTTLS)")
        say(f"As Gmail     {settings.sandbox_gmail_bind}  (STARTTLS)")
        say(f"Sign in as   {SANDBOX_ADMIN}")
        exports = " ".join(f"{name}={quote(at)}" for name, at in played.items())
        say(f"At a shell   export {exports}")
    say(f"Next         {step}")


def _as_json(line: str) -> None:
    """Print a line as the log looks there; a link for the setup stands in no file."""
    said = {"msg": line, "name": __name__, "levelname": "INFO"}
    click.echo(Json("up").format(logging.makeLogRecord(said)))


def _answers(place: str) -> bool:
    try:
        return net.session().get(f"{place}/healthz", timeout=(1, 5)).ok
    except net.Lost:
        return False
