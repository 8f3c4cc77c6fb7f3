"""The overview as an admin sees it: on a good day, on a bad one, and on the first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.mail.tally.volume import Interval, Period, Volume
from portal.web.overview import page
from portal.web.overview.budgets import Budgets, Gauge
from portal.web.overview.page import Queue
from portal.web.overview.upcoming import Item
from portal.web.session.surroundings import Awaited, Needy
from portal.workspace.standing import State
from tests.web.standings import ADMIN, EMPTY, LONG, NOW, WELL

SENT = (431, 398, 1388, 1610, 1402, 1301, 1284)
FAILED = (0, 0, 5, 9, 4, 4, 3)
AN_HOUR = (0, 0, 0, 12, 41, 96, 180, 221, 204, 160, 133, 87)


def volume(period: Period, *sent: int, failed: tuple[int, ...] = FAILED) -> Volume:
    """Give so many mails each day, or each hour; those of now need a human too."""
    begins = period.begins(NOW)
    intervals = [
        Interval(
            begin=begin,
            sent=sent[index % len(sent)],
            failed=failed[index % len(failed)],
        )
        for index, begin in enumerate(begins)
    ]
    return Volume(period=period, intervals=tuple(intervals))


def needing(told: Volume, count: int) -> Volume:
    """Let so many of today's need a human."""
    *others, last = told.intervals
    return replace(told, intervals=(*others, replace(last, needy=count)))


PACED = Gauge(label="Messages, 1 minute", used=29, limit=30, unit="")
PEOPLE = Gauge(label="Recipients, 24 hours", used=3412, limit=10_000, unit="")
UPLOAD = Gauge(label="Upload, 5 minutes", used=126, limit=150, unit="MB")
ASKED = Gauge(label="Requests, 10 minutes", used=1710, limit=9_500, unit="")
MAILBOX = Budgets(
    names="default",
    default=True,
    gauges=(ASKED, UPLOAD, PEOPLE, PACED),
    waiting=47,
    empty_at=NOW + timedelta(minutes=2),
)
RELAY = Budgets(names="relay", default=False, gauges=(), waiting=0, empty_at=None)
SECRET = Item(
    icon="key",
    title="Client secret ends in 28 days",
    told="18 Dec 2026",
    button="Renew",
    about="Client secret",
    link="/setup",
)
TOO_LARGE = Item(
    icon="clip",
    title="1 message is too large",
    told="Held until you allow large files",
    button="Allow",
    about="large file attachments",
    link="/settings",
)
GONE = Item(
    icon="question",
    title="1 message may have gone",
    told="Invoice 2026-1187",
    button="Decide",
    about="about unconfirmed messages",
    link="/messages?status=unconfirmed",
)
HELD = Item(
    icon="unlinked",
    look="bad",
    title=f"{LONG} sends nothing now",
    told="The password of this user has changed. Please sign in again.",
    button="Open",
    about=LONG,
    link="/settings",
)
NO_CONNECTION = Item(
    icon="unlinked",
    look="bad",
    title="default is not connected yet",
    told="The account is not connected yet.",
    button="Open",
    about="default",
    link="/settings",
)
DOOR = Item(
    icon="key",
    look="bad",
    title="Certificate of the SMTP door has ended",
    told="18 Nov 2026",
)


def overview(told: Volume, **context: Any) -> dict[str, Any]:
    """Give what the page is drawn from."""
    return {
        "signed_in": ADMIN,
        "needing": 2,
        "standing": WELL,
        "volume": told,
        "charts": page.charts(told),
        "periods": {name: each == told.period for name, each in page.PERIODS.items()},
        "queue": Queue(
            count=47,
            since=NOW - timedelta(minutes=1),
            empty_at=MAILBOX.empty_at,
            held=False,
        ),
        "held": 1,
        "unconfirmed": 1,
        "coming": [SECRET, TOO_LARGE, GONE],
        "mailboxes": [MAILBOX],
        "by_server": False,
        **context,
    }


OVERVIEWS = {
    "busy": overview(needing(volume(Period.WEEK, *SENT), 2)),
    "hours": overview(volume(Period.DAY, *AN_HOUR, failed=(0, 0, 0, 0, 1))),
    "month": overview(volume(Period.MONTH, *SENT)),
    "first": overview(
        volume(Period.WEEK, 0, failed=(0,)),
        standing=EMPTY,
        queue=Queue(count=0, since=None, empty_at=None, held=False),
        needing=0,
        held=0,
        unconfirmed=0,
        coming=[NO_CONNECTION],
        awaited=Awaited(accounts=[Needy(name="default", page="/settings")]),
        mailboxes=[],
    ),
    "calm": overview(
        volume(Period.WEEK, *SENT, failed=(0,)),
        held=0,
        unconfirmed=0,
        needing=0,
        coming=[],
        by_server=True,
    ),
    "bad": overview(
        needing(volume(Period.WEEK, *(each * 900 for each in SENT[:-1]), 40), 240_000),
        standing=replace(WELL, state=State.RECONNECT),
        queue=Queue(
            count=128_400, since=NOW - timedelta(days=2), empty_at=None, held=True
        ),
        held=240_000,
        unconfirmed=3,
        coming=[HELD, GONE, DOOR],
        mailboxes=[replace(MAILBOX, names=LONG, empty_at=None), RELAY],
        by_server=True,
        awaited=Awaited(
            accounts=[
                Needy(name=LONG, page="/settings"),
                *(Needy(name=each, page="/accounts") for each in "ABCD"),
            ]
        ),
    ),
}
