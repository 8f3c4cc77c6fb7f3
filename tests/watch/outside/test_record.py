"""What machines tell of themselves: once, to the end, over restarts and outages."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal import config
from portal.watch.outside.lookout import AWAY, NO_KEY, Lookout
from portal.workspace.incidents import Kind
from tests.conftest import Passing
from tests.microsoft.scripted import Server, reply
from tests.watch.alerts.steps import bodies, states

FINE = {Kind.DATABASE_AWAY: False, Kind.CANNOT_DECRYPT: False}


def process() -> Lookout:
    """Start a process of this machine, as far as it looks out."""
    return Lookout(config.current())


def notebook() -> Path:
    return config.current().instance / "troubles"


def test_it_is_told_once_however_many_processes_meet_it_how_often(
    hook: Server, passes: Passing
) -> None:
    for _ in range(20):
        process().tell(NO_KEY)
        passes(seconds=10)

    assert states(hook) == ["opened"]


def test_many_at_once_tell_it_once(hook: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        for each in [pool.submit(process().tell, NO_KEY) for _ in range(16)]:
            each.result()

    assert states(hook) == ["opened"]


def test_its_end_is_told_when_no_process_has_met_it_lately(
    hook: Server, passes: Passing
) -> None:
    process().tell(NO_KEY)
    passes(seconds=119)
    process().tell(FINE)
    assert states(hook) == ["opened"]

    passes(seconds=1)
    process().tell(FINE)

    opened, recovered = bodies(hook)
    assert (recovered["state"], recovered["seconds"]) == ("recovered", 120)
    assert recovered["opened_at"] == opened["opened_at"]
    assert opened["closed_at"] is None


def test_a_process_that_has_the_key_still_does_not_end_it(
    hook: Server, passes: Passing
) -> None:
    former, next_ = process(), process()

    for _ in range(30):
        next_.tell(NO_KEY)
        former.tell(FINE)
        passes(seconds=15)

    assert states(hook) == ["opened"]


def test_who_meets_it_no_more_ends_it_at_once(hook: Server) -> None:
    only = process()
    only.tell(NO_KEY)

    only.tell(FINE)

    assert states(hook) == ["opened", "recovered"]


def test_a_database_is_away_after_two_minutes_of_starting_in_vain(
    hook: Server, passes: Passing
) -> None:
    for _ in range(8):
        process().tell(AWAY)
        passes(seconds=15)
    assert hook.requests == []

    process().tell(AWAY)

    assert [each["kind"] for each in bodies(hook)] == ["database-away"]


def test_connections_that_are_lost_now_and_then_are_no_outage(
    hook: Server, passes: Passing
) -> None:
    for found in (AWAY, FINE, AWAY, AWAY):
        process().tell(found)
        passes(hours=1)

    assert hook.requests == []


def test_what_comes_back_soon_is_told_once_more_at_most(
    hook: Server, passes: Passing
) -> None:
    only = process()

    for _ in range(10):
        only.tell(NO_KEY)
        passes(seconds=30)
        only.tell(FINE)
        passes(seconds=30)

    assert states(hook) == ["opened", "recovered"]

    only.tell(NO_KEY)
    assert states(hook) == ["opened", "recovered", "opened"]


def test_a_day_later_it_is_told_again(hook: Server, passes: Passing) -> None:
    only = process()

    for _ in range(49):
        only.tell(NO_KEY)
        passes(hours=1)

    assert states(hook) == ["opened", "reminder", "reminder"]


def test_a_webhook_that_is_down_hears_all_of_it_later(
    hook: Server, passes: Passing
) -> None:
    only = process()
    hook.will(reply(503), reply(503))
    only.tell(NO_KEY)
    passes(seconds=10)
    only.tell(FINE)

    passes(seconds=30)
    only.tell(FINE)

    assert states(hook) == ["opened", "opened", "opened", "recovered"]
    assert len({each["id"] for each in bodies(hook)}) == 2


def test_what_nobody_has_taken_for_a_day_is_forgotten(
    hook: Server, passes: Passing
) -> None:
    only = process()
    hook.will(*[reply(404)] * 100)
    only.tell(NO_KEY)

    for _ in range(50):
        passes(hours=1)
        only.tell(FINE)

    assert not notebook().exists()


def test_its_file_is_for_its_owner_holds_no_secret_and_goes(
    hook: Server, passes: Passing
) -> None:
    only = process()
    only.tell(NO_KEY)
    assert notebook().stat().st_mode & 0o777 == 0o600
    assert "geheim" not in notebook().read_text()
    assert "127.0.0.1" not in notebook().read_text()

    only.tell(FINE)
    passes(minutes=10)
    only.tell(FINE)

    assert not notebook().exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"no": 1}', '{"cannot-decrypt": {}}', '{"cannot-decrypt"']
)
def test_a_file_that_is_illegible_is_begun_anew(hook: Server, text: str) -> None:
    notebook().write_text(text)

    process().tell(NO_KEY)

    assert states(hook) == ["opened"]
