"""`portal status --verify`: each setup step by step, and an exit code to go by."""

import json

import pytest

from portal.config import Config
from tests.sandbox.serving import Sandbox
from tests.terminal import portal
from tests.trip import connect_large
from tests.working import working

ADMIN, NOREPLY = "admin@contoso.example", "noreply@contoso.example"


def test_it_tells_each_step_and_sends_nothing(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    ran = portal("status", "--verify")

    assert (ran.code, ran.err) == (0, "")
    assert "ok       Credential accepted\n         Microsoft accepts the" in ran.out
    assert "skipped  From address\n         It is another mailbox of your" in ran.out
    assert f"Command       Add-RecipientPermission -Identity '{NOREPLY}'" in ran.out
    assert sandbox.mails() == []


def test_programs_are_told_the_same(house: Config, sandbox: Sandbox) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)

    ran = portal("status", "--verify", "--json")

    [account] = json.loads(ran.out)["accounts"]
    found = account["verification"]
    assert (found["well"], found["by"]) == (True, "operator")
    assert {step["name"]: step["outcome"] for step in found["steps"]} == {
        "reachable": "ok",
        "credential": "ok",
        "redirect_uri": "ok",
        "consent": "ok",
        "renewal": "ok",
        "server": "skipped",
        "sender": "skipped",
        "test_mail": "skipped",
    }


def test_a_failed_step_says_who_acts_where_and_needs_attention(
    contoso: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired", times=None)

    ran = portal("status", "--verify")

    assert ran.code == 1
    assert "failed   Credential accepted\n         The client secret has" in ran.out
    assert "Who must act  the operator of this portal\n" in ran.out
    assert "Where         App registration\n" in ran.out
    assert 'Not looked at, because "Credential accepted" has failed.' in ran.out


def test_what_is_wrong_is_told_to_programs_in_the_same_words(
    contoso: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired", times=None)

    [account] = json.loads(portal("status", "--verify", "--json").out)["accounts"]

    [failed] = [s for s in account["verification"]["steps"] if s["outcome"] == "failed"]
    told = failed["explanation"]
    assert told["title"] == "The client secret has expired"
    assert (told["who"], told["place"]) == ("operator", "/setup")
    assert told["steps"] == ["Please make a new one in Entra and enter its value."]


def test_a_test_mail_is_sent_where_one_is_asked_for(
    contoso: Config, sandbox: Sandbox
) -> None:
    with working():
        ran = portal("status", "--verify", "--test-mail", "jane@example.com")

    [mail] = sandbox.mails("TEST MESSAGE!")
    assert ran.code == 0
    assert f"Sent from {ADMIN} to jane@example.com." in ran.out
    assert mail["to"] == ["jane@example.com"]


def test_send_as_that_is_missing_shows_with_the_test_mail(
    house: Config, sandbox: Sandbox
) -> None:
    connect_large(house, sandbox, ADMIN, NOREPLY)
    sandbox.fault("send-as-withdrawn", times=None)

    with working():
        ran = portal("status", "--verify", "--test-mail", "jane@example.com")

    assert ran.code == 1
    assert "failed   Test mail\n" in ran.out
    assert f"Command       Add-RecipientPermission -Identity '{NOREPLY}'" in ran.out


def test_a_test_mail_whose_answer_was_lost_has_not_failed(
    contoso: Config, sandbox: Sandbox, flying: None
) -> None:
    sandbox.fault("504-accepted", only="sendMail")

    with working():
        ran = portal("status", "--verify", "--test-mail", "jane@example.com")

    assert ran.code == 1
    assert "unconfirmed Test mail\n         The answer was lost" in ran.out
    assert "failed" not in ran.out


def test_behind_a_failed_step_no_test_mail_is_sent(
    contoso: Config, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired", times=None)

    ran = portal("status", "--verify", "--test-mail", "jane@example.com")

    assert ran.code == 1
    assert sandbox.mails() == []


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_nobody_is_asked_without_it(
    contoso: Config, sandbox: Sandbox, more: list[str]
) -> None:
    sandbox.clear()

    ran = portal("status", *more)

    assert "Credential" not in ran.out
    assert sandbox.calls() == []


def test_a_test_mail_goes_with_verifying_alone(contoso: Config) -> None:
    assert portal("status", "--test-mail", "jane@example.com").code == 2
