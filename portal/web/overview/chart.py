"""The chart of a period: where its bars, lines and words stand, in units of the SVG.

It is drawn twice, for a wide page and for a narrow one; the style sheet shows one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from portal.mail.tally.volume import Interval

TOP, BASE = 16, 200  # of the bars
GAP = 2  # between the parts of a bar
SLIGHT = 3  # of what would else be too small to be seen
MARK = 12  # of the cross above what has failed
FULL = 0.6  # of the room of a bar
WORD = 50  # is how wide the name of an interval may be
LINES = 4  # at most
STEPS = (1, 2, 5, 10, 20)  # tenths of a power of ten


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where one of the two begins and how broad it is."""

    look: str  # a class of the style sheet
    width: int
    left: int  # where the lines begin


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a bar."""

    look: str
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    """An hour or a day."""

    x: float
    width: float
    interval: Interval
    named: bool
    parts: tuple[Part, ...]

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)

    @property
    def top(self) -> float:
        return min((part.y for part in self.parts), default=BASE)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A number of messages."""

    y: float
    value: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One drawing."""

    layout: Layout
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]


WIDE = Layout(look="wide", width=860, left=44)
NARROW = Layout(look="narrow", width=440, left=50)


def draw(intervals: Sequence[Interval], layout: Layout) -> Chart:
    """Lay out so many intervals, the last of them on the right."""
    most = max(each.count for each in intervals)
    # Room for what is drawn larger than it is, and for the cross above it.
    scale = (BASE - TOP - MARK - 2 * (SLIGHT + GAP)) / max(most, 1)
    return Chart(
        layout=layout,
        bars=tuple(_bars(intervals, layout, scale)),
        lines=tuple(
            Line(y=round(BASE - value * scale, 1), value=value)
            for value in _values(most)
        ),
    )


def _bars(intervals: Sequence[Interval], layout: Layout, scale: float) -> Iterable[Bar]:
    room = (layout.width - layout.left) / len(intervals)
    every = ceil(WORD / room)  # one of so many has room for its name
    for index, interval in enumerate(intervals):
        yield Bar(
            x=round(layout.left + (index + (1 - FULL) / 2) * room, 1),
            width=round(room * FULL, 1),
            interval=interval,
            named=(len(intervals) - 1 - index) % every == 0,
            parts=tuple(_parts(interval, scale)),
        )


def _parts(interval: Interval, scale: float) -> Iterable[Part]:
    """Stack what there is, sent at the bottom."""
    top = float(BASE)
    for look, count in (
        ("sent", interval.sent),
        ("wait", interval.needy),
        ("fail", interval.failed),
    ):
        if count:
            height = max(count * scale, SLIGHT)
            top -= height
            yield Part(look=look, y=round(top, 1), height=round(height, 1))
            top -= GAP


def _values(most: int) -> list[int]:
    """Return a few round numbers up to the largest."""
    if not most:
        return []
    power = 10 ** floor(log10(most))
    steps = [power * each // 10 for each in STEPS]
    step = next(each for each in steps if each and most // each <= LINES)
    return list(range(step, most + 1, step))
