"""`portal status`: what is connected, as whom, and who must act."""

import json
import threading
from dataclasses import replace

from portal import config, db
from portal.config import Config
from portal.errors import Scope, Withheld
from portal.watch.alerts import looking
from portal.workspace import accounts
from tests.commands.sending import send_one
from tests.conftest import Passing
from tests.microsoft import certificates
from tests.terminal import portal


def test_an_empty_house_needs_attention_and_says_what_to_do(house: Config) -> None:
    ran = portal("status")

    assert ran.code == 1
    assert "portal register" in ran.out
    assert "Account       default (not connected)" in ran.out
    assert "The account is not connected yet." in ran.out


def test_all_is_well_once_it_is_connected(contoso: Config) -> None:
    ran = portal("status")

    assert ran.code == 0
    assert "admin@contoso.example, not yet proven" in ran.out
    assert "Reason" not in ran.out


def test_it_tells_what_expires_when(contoso: Config) -> None:
    assert "not known. Entra shows it" in portal("status").out

    portal("credentials", "date", "2021-03-01")

    assert ": 2021-03-01, over. Make" in portal("status").out
    told = json.loads(portal("status", "--json").out)["expires"]
    assert [each["kind"] for each in told] == ["client secret", "sign-in"]
    assert [each["warns"] for each in told] == [True, False]


def test_it_tells_each_end_once(house: Config) -> None:
    own = certificates.self_signed(days=5)
    pem = (own.key + own.certificate).decode()
    config.use(replace(house, smtp_certificate=pem))
    looking.Doorkeeper().look(threading.Event())

    lines = portal("status").out.splitlines()

    [told] = [line for line in lines if "SMTP" in line]
    assert told.startswith("Expires       SMTP certificate of 127.0.0.1:2525: ")
    assert "5 days left. Put a new one where PORTAL_SMTP_CERTIFICATE says" in told


def test_a_mail_that_was_accepted_proves_it(contoso: Config) -> None:
    send_one()

    assert "not yet proven" not in portal("status").out


def test_a_held_account_says_why_and_how_much_waits(contoso: Config) -> None:
    send_one(Withheld("The mailbox is full.", scope=Scope.ACCOUNT))

    ran = portal("status")

    assert ran.code == 1
    assert "The mailbox is full." in ran.out
    assert "Waiting       1" in ran.out


def test_a_hold_tells_what_to_type_on_a_line_of_its_own(contoso: Config) -> None:
    command = "Add-Right 'a' -To 'b'"
    send_one(Withheld("It lacks a right.", scope=Scope.ACCOUNT, command=command))

    lines = portal("status").out.splitlines()

    assert "Reason        It lacks a right." in lines
    assert f"Command       {command}" in lines


def test_programs_read_the_same_as_json(contoso: Config) -> None:
    ran = portal("status", "--json")

    told = json.loads(ran.out)
    (account,) = told["accounts"]
    assert ran.code == 0
    assert account["state"] == "connected"
    assert account["connected_as"] == account["from"] == "admin@contoso.example"
    assert (account["waiting"], account["proven"], account["reason"]) == (0, False, "")


def test_it_warns_of_what_ends_and_tells_of_troubles(
    contoso: Config, passes: Passing
) -> None:
    portal("send", "--to", "jane@example.com")
    passes(days=80)
    looking.look(threading.Event())

    told = json.loads(portal("status", "--json").out)

    assert [(each["kind"], each["days"]) for each in told["expiring"]] == [
        ("sign-in", 10)
    ]
    assert "queue-stuck" in [each["kind"] for each in told["incidents"]]
    out = portal("status").out
    [sign_in] = [line for line in out.splitlines() if "sign-in of admin@" in line]
    assert sign_in.startswith("Expires ")
    assert sign_in.endswith(told["expiring"][0]["remedy"])
    assert "Incident      Mail of the account default does not move." in out


def test_status_tells_of_an_account_that_sends_by_application(house: Config) -> None:
    with db.session() as session:
        given = ["noreply@contoso.example", "@fabrikam.example"]
        accounts.add(session, "bills", given, large=False, by="operator")

    out = portal("status").out
    [_, told] = json.loads(portal("status", "--json").out)["accounts"]

    assert "bills (connected)" in out
    assert "noreply@contoso.example, any address @fabrikam.example" in out
    assert "the application itself; no user signs in, not yet proven" in out
    assert (told["permission"], told["senders"]) == ("application", given)
    assert (told["state"], told["connected_as"]) == ("connected", None)


def test_the_default_account_may_stay_unused_beside_another(house: Config) -> None:
    with db.session() as session:
        accounts.add(session, "bills", ["@x.example"], large=False, by="operator")

    assert portal("status").code == 0

    portal("send", "--to", "jane@example.com")
    assert portal("status").code == 1
