"""Wrong keys: the first few cost nothing, more must wait, and the log counts them."""

import pytest

from portal.intake.knocks import FREE, MOST_WAIT, Knocks


class Watch:
    """Shows the seconds that a test says."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


def knock(door: Knocks, times: int, address: str = "192.0.2.7") -> list[float]:
    return [door.refused(address) for _ in range(times)]


def test_the_first_ten_cost_nothing_and_more_wait(watch: Watch) -> None:
    waits = knock(Knocks(watch), FREE + 3)

    assert waits[:FREE] == [0.0] * FREE
    assert waits[FREE:] == [6.0, 12.0, 18.0]


def test_nobody_waits_longer_than_a_minute_however_often_it_tries(watch: Watch) -> None:
    assert knock(Knocks(watch), 1000)[-1] == MOST_WAIT


def test_whoever_waits_as_told_is_answered(watch: Watch) -> None:
    door = Knocks(watch)
    knock(door, FREE)

    watch.seconds += 6
    answered, more = knock(door, 2)

    assert (answered, more) == (0.0, 6.0)


def test_another_address_does_not_wait_for_this_one(watch: Watch) -> None:
    door = Knocks(watch)
    knock(door, 100)

    assert knock(door, 1, "192.0.2.8") == [0.0]


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.7", "192.0.2.7")],
)
def test_one_host_is_one_however_it_is_spelled(
    watch: Watch, one: str, other: str
) -> None:
    door = Knocks(watch)
    knock(door, FREE, one)

    assert knock(door, 1, other) > [0.0]


@pytest.mark.parametrize(
    ("one", "other"),
    [("::ffff:192.0.2.7", "::ffff:192.0.2.8"), ("2001:db8::1", "2001:db8:0:1::1")],
)
def test_two_hosts_are_two(watch: Watch, one: str, other: str) -> None:
    door = Knocks(watch)
    knock(door, FREE + 1, one)

    assert knock(door, 1, other) == [0.0]


def test_however_many_come_only_so_many_are_remembered(watch: Watch) -> None:
    door = Knocks(watch, most=3)

    for number in range(50):
        knock(door, 1, f"192.0.2.{number}")

    assert len(door) == 3


def test_an_address_is_logged_once_a_minute_with_its_count(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    door = Knocks(watch)

    knock(door, 30)
    watch.seconds += 60
    knock(door, 30)

    counts = [record.args for record in caplog.records]
    assert counts == [("192.0.2.7", 1), ("192.0.2.7", 30)]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_what_stays_untold_is_told_when_somebody_else_knocks(
    watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    door = Knocks(watch)
    knock(door, 30)

    watch.seconds += 500
    knock(door, 1, "192.0.2.8")

    counts = [record.args for record in caplog.records]
    assert counts == [("192.0.2.7", 1), ("192.0.2.7", 29), ("192.0.2.8", 1)]
    assert len(door) == 1
