"""The chart: bars as high as their numbers, in the room that they have."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.mail.tally.volume import Interval
from portal.web.overview import chart
from portal.web.overview.chart import BASE, NARROW, TOP, WIDE, Chart, Layout

FIRST = datetime(2026, 11, 7, tzinfo=UTC)


def days(*sent: int, failed: int = 0, needy: int = 0) -> tuple[Interval, ...]:
    return tuple(
        Interval(begin=FIRST + timedelta(days=n), sent=each, failed=failed, needy=needy)
        for n, each in enumerate(sent)
    )


def heights(drawn: Chart, look: str) -> list[float]:
    return [
        part.height for bar in drawn.bars for part in bar.parts if part.look == look
    ]


def test_twice_as_many_are_twice_as_high() -> None:
    drawn = chart.draw(days(500, 1000), WIDE)

    low, high = heights(drawn, "sent")
    assert high == pytest.approx(2 * low, abs=0.2)


def test_what_is_few_is_seen_all_the_same() -> None:
    drawn = chart.draw(days(1_000_000, failed=1), WIDE)

    assert heights(drawn, "fail") == [chart.SLIGHT]


def test_what_there_is_not_is_not_drawn() -> None:
    drawn = chart.draw(days(0, 0), WIDE)

    assert [bar.parts for bar in drawn.bars] == [(), ()]
    assert drawn.lines == ()


@pytest.mark.parametrize(
    ("most", "values"),
    [
        (1, [1]),
        (3, [1, 2, 3]),
        (7, [2, 4, 6]),
        (47, [10, 20, 30, 40]),
        (99, [20, 40, 60, 80]),
        (1610, [500, 1000, 1500]),
        (9999, [2000, 4000, 6000, 8000]),
        (10_000, [5000, 10_000]),
    ],
)
def test_the_lines_are_at_round_numbers(most: int, values: list[int]) -> None:
    assert [line.value for line in chart.draw(days(most), WIDE).lines] == values


@given(
    st.lists(st.tuples(*[st.integers(0, 10**7)] * 3), min_size=7, max_size=30),
    st.sampled_from([WIDE, NARROW]),
)
def test_nothing_leaves_its_room(
    counts: list[tuple[int, int, int]], layout: Layout
) -> None:
    told = tuple(
        Interval(begin=FIRST, sent=sent, failed=failed, needy=needy)
        for sent, failed, needy in counts
    )

    drawn = chart.draw(told, layout)

    tops = [bar.top for bar in drawn.bars]
    assert min(tops) >= TOP + chart.MARK - 0.1
    assert drawn.bars[-1].x + drawn.bars[-1].width <= layout.width
    assert len(drawn.lines) <= chart.LINES
    assert all(TOP <= line.y < BASE for line in drawn.lines)


@pytest.mark.parametrize("layout", [WIDE, NARROW])
@pytest.mark.parametrize("count", [7, 24, 30])
def test_the_last_is_always_named_and_names_have_room(
    layout: Layout, count: int
) -> None:
    drawn = chart.draw(days(*[1] * count), layout)

    named = [bar.middle for bar in drawn.bars if bar.named]
    assert drawn.bars[-1].named
    assert len(named) >= 5
    assert min(b - a for a, b in pairwise(named)) >= chart.WORD - 0.2
