"""What whoever waits at a terminal reads until the mail is sent, beside the answer."""

from datetime import timedelta

import pytest

from portal.config import Config
from portal.errors import Scope, Withheld
from portal.explanations.graph import NOT_YET_ALLOWED
from tests.delivery.fallback import standing_in
from tests.postman import TAKEN, Postman
from tests.terminal import portal
from tests.working import working

SEND = ("send", "--to", "jane@example.com", "--wait")
SOON = timedelta(seconds=1)  # some looks from now
FULL = Withheld("The mailbox is full.", scope=Scope.ACCOUNT)


@pytest.mark.parametrize("also", [(), ("--json",)])
def test_what_is_waited_for_is_told_once(
    contoso: Config, also: tuple[str, ...]
) -> None:
    denied = NOT_YET_ALLOWED.error(after=SOON)

    with working({"graph": Postman(denied, denied, TAKEN)}):
        ran = portal(*SEND, *also)

    assert ran.code == 0
    assert ran.err.count(NOT_YET_ALLOWED.title) == 1
    assert "\nWho must act  a Microsoft 365 admin of the organization\n" in ran.err
    assert NOT_YET_ALLOWED.title not in ran.out
    assert len(ran.out.splitlines()) == 1


def test_what_left_by_a_fallback_is_told_as_passed_on(house: Config) -> None:
    standing_in.pair()

    with working({"graph": Postman(FULL), "smtp": Postman()}):
        ran = portal(*SEND)

    assert (ran.code, ran.out.split()[-1]) == (0, "sent")
    assert ran.err.count("It was passed on to the account backup") == 1
