"""`portal accounts` for accounts by SMTP: added, set, switched, removed."""

from pathlib import Path

import pytest

from portal import db
from portal.commands.accounts.setting import GOES_ON, TRIES
from portal.config import Config
from portal.workspace import accounts
from portal.workspace.accounts import Account, servers
from portal.workspace.accounts.servers import Authentication, Security, Server
from portal.workspace.audit import AuditRow
from portal.workspace.consent import changes
from tests import trip
from tests.commands.relaying import REPORTS, SECRET, add, listed
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.terminal import Ran, portal


def found() -> Account:
    with db.reading() as session:
        return accounts.find(session, "relay")


def server() -> Server:
    with db.reading() as session:
        return servers.of(session, found().id)


def test_an_smtp_account_is_added_with_its_password(house: Config) -> None:
    ran = add("--username", "ann", "--password-file", "-")

    assert ran.code == 0, ran.err
    assert ran.out == f"relay sends by mail.example:587 as {REPORTS}.\n"
    assert server() == Server(
        host="mail.example",
        port=587,
        authentication=Authentication.PASSWORD,
        username="ann",
        password="open, Sesame",
    )


def test_a_password_is_told_to_nobody(house: Config) -> None:
    ran = add("--username", "ann", "--password-file", "-")

    with db.reading() as session:
        audited = " ".join(row.action for row in session.query(AuditRow))
    told = ran.out + ran.err + audited + portal("accounts", "list", "--json").out
    assert "Sesame" not in told


def test_a_password_may_lie_in_a_file(house: Config, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(SECRET)

    add("--username", "ann", "--password-file", str(tmp_path / "secret"))

    assert server().password == "open, Sesame"


@pytest.mark.parametrize(
    ("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)]
)
def test_each_security_has_its_port(house: Config, security: str, port: int) -> None:
    add("--security", security)

    assert (server().security, server().port) == (Security(security), port)


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [
        ("mail.example:2525", "mail.example", 2525),
        ("[::1]:2525", "::1", 2525),
        ("::1", "::1", 587),
        ("Bücher.example", "xn--bcher-kva.example", 587),
    ],
)
def test_a_server_is_named_with_its_port(
    house: Config, place: str, host: str, port: int
) -> None:
    portal("accounts", "add", "relay", "--smtp", place, "--from", REPORTS)

    assert (server().host, server().port) == (host, port)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--smtp", "a b"), "no name of a server"),
        (("--smtp", "mail.example:0"), "must look like"),
        (("--application",), "how it sends"),
        (("--large",), "is for --application"),
        (("--username", "ann"), "password-file"),
        (("--username", "ann", "--password-file", "/nowhere"), "cannot be read"),
        (("--reply-to", "nobody"), "email address"),
        (("--password-file", "-"), "goes with --username"),
        (("--username", "ann", "--password-file", "-", "--oauth"), "with a token"),
        (("--client-id", "x"), "with --provider google"),
        (
            ("--username", "ann", "--password-file", "-", "--security", "none"),
            "in the clear",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_could_not_work_adds_nothing(
    house: Config, options: tuple[str, ...], why: str
) -> None:
    ran = add(*options)

    assert ran.code == 2
    assert why in ran.err
    assert [each["account"] for each in listed()] == ["default"]


def test_a_certificate_that_is_not_checked_is_warned_of(house: Config) -> None:
    ran = add("--ignore-certificate")

    assert "could read" in ran.err
    assert server().ignore_certificate


def test_the_list_tells_it_from_the_others(house: Config) -> None:
    add()

    line = portal("accounts", "list").out.splitlines()[1]

    assert line.startswith("relay    connected")
    assert "by mail.example:587" in line


def test_what_is_not_set_stays_as_it_was(house: Config) -> None:
    add("--username", "ann", "--password-file", "-")

    ran = portal("accounts", "set", "relay", "--check-certificate")

    assert (ran.code, ran.out) == (0, "relay: as it was\n")
    assert (server().host, server().username) == ("mail.example", "ann")
    assert server().password == "open, Sesame"


@pytest.mark.parametrize(
    ("given", "told"),
    [(("--return-path", "ann@contoso.example"), TRIES), (("--smtp", "new"), GOES_ON)],
)
def test_what_is_set_lets_a_held_account_try_at_once(
    house: Config, given: tuple[str, ...], told: str
) -> None:
    add()
    account = found().id
    message = backlog.put(account)
    backlog.hold(account)

    ran = portal("accounts", "set", "relay", *given)

    assert (ran.code, ran.out.splitlines()[1:]) == (0, [told])
    assert backlog.taken() == [message]


def test_what_is_switched_off_tries_nothing(house: Config) -> None:
    add()
    backlog.put(found().id)
    portal("accounts", "disable", "relay")

    ran = portal("accounts", "set", "relay", "--reply-to", "ann@contoso.example")

    assert len(ran.out.splitlines()) == 1
    assert backlog.taken() == []


def test_another_server_gets_a_password_that_is_given_anew(house: Config) -> None:
    add("--username", "ann", "--password-file", "-")
    elsewhere = ("accounts", "set", "relay", "--smtp", "new.example:25")

    refused = portal(*elsewhere)
    kept = server()
    portal(*elsewhere, "--password-file", "-", piped=b"another\n")

    assert (refused.code, kept.host) == (2, "mail.example")
    assert (server().host, server().password) == ("new.example", "another")


def test_what_it_puts_on_mail_is_set_and_taken_back(house: Config) -> None:
    add("--reply-to", "help@contoso.example", "--footer", "--footer-text", "Bye")

    ran = portal("accounts", "set", "relay", "--reply-to", "", "--no-footer", "--force")

    assert ran.out == "relay: reply to none, force on, footer off\n"
    letterhead = found().letterhead
    assert (letterhead.reply_to, letterhead.footer_text) == ("", "Bye")


def test_an_account_of_graph_has_no_server(house: Config) -> None:
    ran = portal("accounts", "set", "default", "--smtp", "mail.example")

    assert ran.code == 2
    assert "does not send by an SMTP server" in ran.err


def test_nothing_to_set_is_wrong_use(house: Config) -> None:
    add()

    assert portal("accounts", "set", "relay").code == 2


def test_another_account_becomes_the_default(house: Config) -> None:
    add()

    assert portal("accounts", "default", "relay").code == 0

    assert [each["default"] for each in listed()] == [False, True]
    assert portal("accounts", "disable", "relay").code == 2
    assert portal("accounts", "remove", "relay").code == 2


def test_an_account_is_switched_off_and_on(house: Config) -> None:
    add()

    portal("accounts", "disable", "relay")

    assert "switched off" in portal("accounts", "list").out
    refused = portal("send", "--account", "relay", "--to", "a@b.example", "--text", "x")
    assert "switched off" in refused.err
    portal("accounts", "enable", "relay")
    assert "switched off" not in portal("accounts", "list").out


def test_an_account_that_mail_waits_for_is_not_removed(house: Config) -> None:
    add()
    backlog.put(found().id)

    ran = portal("accounts", "remove", "relay")

    assert ran.code == 2
    assert "1 messages of relay" in ran.err


def test_an_account_is_removed(house: Config) -> None:
    add()

    assert portal("accounts", "remove", "relay").out == "relay is removed.\n"

    assert [each["account"] for each in listed()] == ["default"]


def add_consented(*more: str) -> Ran:
    given = ("--smtp", "smtp.office365.com", "--username", REPORTS, "--consent")
    return portal("accounts", "add", "relay", *given, "--from", REPORTS, *more)


def test_an_account_that_its_user_signs_in_for_says_so(house: Config) -> None:
    ran = add_consented()

    assert ran.code == 0, ran.err
    assert ran.err == (
        "Its mail waits until its user has signed in: portal connect relay\n"
    )
    assert server().authentication == Authentication.CONSENT
    assert listed()[1]["state"] == "not connected"


def test_a_token_is_the_applications_or_a_users(house: Config) -> None:
    ran = add_consented("--oauth")

    assert (ran.code, len(listed())) == (2, 1)
    assert "--consent a user's" in ran.err


def test_without_a_user_to_sign_in_nobody_connects_it(house: Config) -> None:
    trip.register()
    add()

    ran = portal("connect", "relay")

    assert ran.code == 2
    assert "portal accounts set NAME --consent" in ran.err


def test_who_signed_in_is_told(near: Config, sandbox: Sandbox) -> None:
    trip.register()
    add_consented()
    with db.session() as session:
        link = changes.invite(session, found().id, None, "operator").link
    trip.arrive(sandbox.sign_in(None, trip.depart(link), as_=REPORTS))

    by = f"smtp.office365.com:587 with the sign-in of {REPORTS}"
    assert f"by {by}" in portal("accounts", "list").out
    assert f"Sends by      {by}, not yet proven" in portal("status").out
    assert listed()[1]["authentication"] == "consent"
