"""`portal test`: sent at once, its verdict explained, and an exit code to go by."""

import json

import pytest

from portal.config import Config
from tests import stored, trip
from tests.sandbox.serving import Sandbox
from tests.terminal import portal
from tests.working import working

ANN = "admin@contoso.example"
NOREPLY = "noreply@contoso.example"


def test_it_is_accepted_and_told_how(contoso: Config, sandbox: Sandbox) -> None:
    with working():
        ran = portal("test", "jane@example.com")

    [mail] = sandbox.mails("TEST MESSAGE!")
    first, second, _ = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert first.endswith(" sent")
    assert second.startswith("Accepted after 0.")
    assert f"from {ANN} to jane@example.com, with the sign-in of {ANN}." in second
    assert mail["from"] == ANN


def test_what_is_missing_is_told_with_the_command_that_grants_it(
    house: Config, sandbox: Sandbox
) -> None:
    trip.connect_large(house, sandbox, ANN, NOREPLY)
    sandbox.fault("send-as-withdrawn", None)

    with working():
        ran = portal("test", "jane@example.com", "--account", "default")

    assert ran.code == 1
    assert ran.out.endswith(" held\n")
    assert "Command       Add-RecipientPermission" in ran.err
    assert "Who must act  a Microsoft 365 admin of the organization\n" in ran.err
    assert "\x1b" not in ran.err
    assert "The other side said: 403 ErrorSendAsDenied" in ran.err


def test_programs_are_told_the_same(house: Config, sandbox: Sandbox) -> None:
    trip.connect_large(house, sandbox, ANN, NOREPLY)
    sandbox.fault("send-as-withdrawn", None)

    with working():
        ran = portal("test", "jane@example.com", "--json")

    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["status"]) == (1, "", "held")
    assert (told["from"], told["to"]) == (NOREPLY, "jane@example.com")
    assert told["explanation"]["name"] == "no-send-as"
    assert told["explanation"]["command"].startswith("Add-RecipientPermission")
    assert told["answer"]["code"] == "ErrorSendAsDenied"


def test_what_is_refused_for_good_has_failed(contoso: Config, sandbox: Sandbox) -> None:
    sandbox.fault("error", status=400, code="ErrorInvalidRecipients", only="sendMail")

    with working():
        ran = portal("test", "jane@example.com")

    assert ran.code == 1
    assert ran.out.endswith(" failed\n")


def test_one_whose_answer_was_lost_may_have_been_sent(
    contoso: Config, sandbox: Sandbox, flying: None
) -> None:
    sandbox.fault("504-accepted", only="sendMail")

    with working():
        ran = portal("test", "jane@example.com")

    assert ran.code == 1
    assert ran.out.endswith(" unconfirmed\n")
    assert "The answer was lost" in ran.err
    assert "Sent Items" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("jane@example.com",), 1, "portal connect"),
        (("jane@example.com", "--account", "nowhere"), 2, "nowhere"),
    ],
)
def test_without_an_account_that_sends_nothing_is_stored(
    near: Config, words: tuple[str, ...], code: int, why: str
) -> None:
    ran = portal("test", *words)

    assert (ran.code, ran.out) == (code, "")
    assert why in ran.err
    assert stored.rows("message") == 0


def test_a_wrong_address_is_refused(contoso: Config) -> None:
    ran = portal("test", "jane")

    assert (ran.code, ran.out) == (2, "")
    assert stored.rows("message") == 0
