"""`portal accounts` for accounts of Google Workspace: added, changed, told."""

from typing import Any

import pytest

from portal import db
from portal.config import Config
from portal.workspace import accounts
from portal.workspace.accounts import servers
from portal.workspace.accounts.servers import Authentication, Provider, Server
from portal.workspace.consent import changes
from tests import trip
from tests.terminal import Ran, portal

DANA = "dana@northwind.example"
CLIENT = "2603.apps.googleusercontent.com"
ADD = ("accounts", "add", "gmail", "--from", DANA, "--username", DANA)
GOOGLE = ("--provider", "google", "--client-id", CLIENT, "--client-secret-file", "-")


def add(*more: str, piped: bytes = b"GOCSPX-geheim\n") -> Ran:
    return portal(*ADD, *more, piped=piped)


def set_(*more: str, piped: bytes = b"") -> Ran:
    return portal("accounts", "set", "gmail", *more, piped=piped)


def server() -> Server:
    with db.reading() as session:
        return servers.of(session, accounts.find(session, "gmail").id)


def test_an_account_of_google_is_added(house: Config) -> None:
    ran = add(*GOOGLE)

    assert ran.code == 0, ran.err
    assert ran.out == f"gmail sends by smtp.gmail.com:587 as {DANA}.\n"
    assert "portal connect gmail" in ran.err
    assert server() == Server(
        host="smtp.gmail.com",
        port=587,
        authentication=Authentication.CONSENT,
        username=DANA,
        provider=Provider.GOOGLE,
        client_id=CLIENT,
        client_secret="GOCSPX-geheim",
    )


def test_its_secret_is_told_to_nobody(house: Config) -> None:
    ran = add(*GOOGLE)

    assert "geheim" not in ran.out + ran.err + portal("accounts", "list").out


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--provider", "google", "--client-id", CLIENT), "--client-secret-file"),
        (("--provider", "google", "--client-secret-file", "-"), "OAuth client"),
        ((*GOOGLE, "--oauth"), "a user signs in"),
        ((*GOOGLE, "--smtp", "mail.example"), "for Gmail alone"),
    ],
)
def test_what_is_not_whole_is_refused(
    house: Config, more: tuple[str, ...], why: str
) -> None:
    ran = add(*more)

    assert ran.code != 0
    assert why in ran.err


def changed(**more: Any) -> bool:
    """Tell whether these, and nothing else, are what is in force."""
    return vars(server()).items() >= more.items()


def test_a_secret_stays_while_its_client_does(house: Config) -> None:
    add(*GOOGLE)

    ran = set_("--username", "erin@northwind.example")

    assert ran.code == 0, ran.err
    assert changed(client_secret="GOCSPX-geheim", provider=Provider.GOOGLE)


def test_another_client_needs_another_secret(house: Config) -> None:
    add(*GOOGLE)

    without = set_("--client-id", "another")
    ran = set_("--client-id", "another", "--client-secret-file", "-", piped=b"new")

    assert "--client-secret-file" in without.err
    assert ran.code == 0, ran.err
    assert changed(client_id="another", client_secret="new")
    assert ran.out == "gmail: client id another, new client secret\n"


def test_what_is_of_google_is_refused_where_nobody_signs_in_there(
    house: Config,
) -> None:
    add("--consent", "--smtp", "smtp.office365.com", piped=b"")

    ran = set_("--client-id", "another")

    assert ran.code == 2
    assert "with --provider google" in ran.err


def test_with_a_password_nothing_of_google_is_kept(house: Config) -> None:
    add(*GOOGLE)

    ran = set_("--smtp", "mail.example", "--password-file", "-", piped=b"open")

    assert ran.code == 0, ran.err
    assert changed(
        password="open", provider=Provider.MICROSOFT, client_id="", client_secret=""
    )


def test_a_reset_names_whose_tokens_end(house: Config) -> None:
    add(*GOOGLE)

    asked = portal("accounts", "reset", "gmail", piped=b"n\n")

    assert "The tokens of gmail from Google are deleted" in asked.err


def test_a_code_connects_nobody_and_ends_nobodys_link(house: Config) -> None:
    add(*GOOGLE)
    link = trip.invite(name="gmail")

    ran = portal("connect", "gmail", "--device")

    assert ran.code != 0
    assert "by the link" in ran.err
    with db.reading() as session:
        assert changes.follow(session, link)
