"""For every fault of the sandbox: what it looks like here, and who is told to act.

From the symptom to each place where it is read: its title, why, what ends it, whose
turn it is and what becomes of the mail. What is no fault but a manner that Microsoft
may have changes nothing. Either way the sandbox tells that it was met.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from portal.explanations import (
    Explanation,
    exchange,
    graph,
    network,
    own,
    sign_in,
    smtp,
)
from portal.explanations.own import consent, identity
from portal.sandbox.faults import Kind
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ADMIN, ALEX, REPORTS
from tests.web.browsing import Browser
from tests.web.faults import roads
from tests.web.faults.roads import Read, Road

ACCEPTED = "Microsoft accepted it"
WELL: dict[Road, str] = {
    roads.verified: "No step has failed",
    roads.by_code: f"Connected as {REPORTS}",
}


@dataclass(frozen=True, kw_only=True)
class Journey:
    """On which road a fault is met, and as what it is explained; None: it is none."""

    road: Road
    row: Explanation | None = None
    says: str = ""  # in place of a row
    times: int | None = 1
    more: dict[str, Any] = field(default_factory=dict)


def well(road: Road, **more: Any) -> Journey:
    """Let nothing come of it, however often it is met."""
    return Journey(road=road, times=None, more=more)


LOST = own.CANNOT_READ
# Where a part of a file breaks off, nothing is sent, whatever got through before.
RESET = Journey(
    road=roads.with_file, row=network.BROKEN, times=None, more={"only": "PUT"}
)
JOURNEYS: dict[Kind, Journey] = {
    Kind.TOO_MANY: Journey(road=roads.by_graph, row=graph.THROTTLED),
    Kind.UNAVAILABLE: Journey(road=roads.by_graph, row=graph.BUSY),
    Kind.TIMEOUT: Journey(road=roads.by_graph, row=LOST),
    Kind.TIMEOUT_ACCEPTED: Journey(road=roads.by_graph, row=LOST),
    Kind.UNAUTHORIZED: Journey(road=roads.by_graph, row=graph.BAD_TOKEN, times=None),
    Kind.RESET_EARLY: RESET,
    Kind.RESET_BODY: RESET,
    Kind.DROPPED: Journey(road=roads.by_graph, row=LOST),
    Kind.DROPPED_ACCEPTED: Journey(road=roads.by_graph, row=LOST),
    Kind.TRUNCATED: Journey(road=roads.by_graph, row=LOST),
    Kind.TRUNCATED_ACCEPTED: Journey(road=roads.by_graph, row=LOST),
    Kind.KEEPALIVE_CLOSED: well(roads.by_graph),
    Kind.GATEWAY: Journey(road=roads.by_graph, row=LOST),
    Kind.SILENT: Journey(road=roads.by_graph, row=LOST),
    Kind.HANG: Journey(road=roads.by_graph, row=LOST, more={"after_seconds": 0.1}),
    Kind.ERROR: Journey(road=roads.by_graph, row=graph.MAILBOX_FULL),
    # Others have all the slots that the mailbox has.
    Kind.THROTTLE: Journey(road=roads.by_graph, row=graph.THROTTLED, more={"limit": 0}),
    Kind.TOKEN_DOWN: Journey(road=roads.verified, row=sign_in.AWAY),
    Kind.LOGIN_PAGE: Journey(road=roads.verified, row=sign_in.AWAY),
    Kind.LOGIN_SLOW: well(roads.verified, after_seconds=0.1),
    Kind.REVOKED: Journey(
        road=roads.renewed, row=sign_in.PASSWORD_CHANGED, more={"user": ADMIN}
    ),
    Kind.SECRET_EXPIRED: Journey(
        road=roads.verified, row=sign_in.SECRET_EXPIRED, times=None
    ),
    Kind.CONSENT_LAG: Journey(road=roads.verified, row=sign_in.NOT_APPROVED),
    Kind.CONSENT_OFF: Journey(
        road=roads.connecting, row=sign_in.NOT_APPROVED, times=None
    ),
    Kind.CONSENT_LOST: Journey(road=roads.verified, row=sign_in.NOT_APPROVED),
    Kind.PERMISSION_LAG: Journey(road=roads.just_connected, row=graph.SPREADING),
    Kind.NO_REFRESH: Journey(road=roads.connecting, row=consent.NOT_LASTING),
    Kind.SCOPE_MISSING: Journey(road=roads.verified_later, row=consent.WITHDRAWN),
    Kind.SCOPE_ABSENT: well(roads.verified),
    Kind.SCOPE_SHORT: well(roads.verified),
    Kind.SCOPE_FULL: well(roads.verified),
    Kind.SCOPE_SHOUTED: well(roads.verified),
    Kind.PUBLIC_CLIENT: well(roads.by_code, secret="refused"),
    Kind.DEVICE_HASTE: well(roads.by_code),
    Kind.APP_ROLE: Journey(
        road=roads.signing_in, says=f"Signed in as {ALEX}", more={"user": ALEX}
    ),
    Kind.SEND_AS_GIVEN: well(roads.from_another, user=ADMIN),
    Kind.SEND_AS_WITHDRAWN: Journey(road=roads.from_another, row=graph.NO_SEND_AS),
    Kind.ON_BEHALF_GIVEN: well(roads.from_another, user=ADMIN),
    Kind.MIME_FROM: well(roads.from_another),
    Kind.ALIAS_KEPT: well(roads.from_alias),
    Kind.GUEST: Journey(road=roads.as_guest, row=identity.GUEST),
    Kind.RENAMED: Journey(
        road=roads.renewed, says=f"renamed.{ADMIN}", times=None, more={"user": ADMIN}
    ),
    Kind.LARGE: well(roads.with_huge_file),
    Kind.IDS_CHANGE: well(roads.with_file),
    Kind.SEND_AGAIN: well(roads.with_file),
    Kind.SEARCH_LAG: Journey(road=roads.with_lost_answer, row=own.NOT_FOUND),
    Kind.DRAFT_LAG: Journey(road=roads.with_lost_draft, row=own.LOOKED_FOR),
    Kind.SESSION_EXPIRES: Journey(road=roads.with_file),
    Kind.SESSION_SILENT: well(roads.with_lost_part),
    Kind.UPLOAD_ELSEWHERE: Journey(road=roads.with_file, row=own.FOREIGN),
    Kind.KEYS_VARY: well(roads.with_file),
    Kind.SMTP_REPLY: Journey(road=roads.by_smtp, row=smtp.BUSY, times=None),
    Kind.SMTP_DROPPED: Journey(road=roads.by_smtp, row=own.BY_SMTP),
    Kind.SMTP_DROPPED_ACCEPTED: Journey(road=roads.by_smtp, row=own.BY_SMTP),
    Kind.SMTP_AUTH_OFF: Journey(road=roads.by_smtp, row=exchange.SWITCHED_OFF),
    Kind.SMTP_BASIC_OFF: Journey(road=roads.by_smtp, row=exchange.NO_PASSWORDS),
    Kind.SMTP_LIMITS: Journey(road=roads.beside_others, row=graph.THROTTLED),
}


def test_every_fault_has_a_journey() -> None:
    assert {*JOURNEYS} == {*Kind}


@pytest.mark.parametrize("kind", JOURNEYS)
def test_a_fault_leads_to_a_page_that_tells_the_right_person_the_right_thing(
    ann: Browser, sandbox: Sandbox, kind: Kind
) -> None:
    journey = JOURNEYS[kind]

    read = journey.road(
        ann, sandbox, lambda: sandbox.fault(kind, journey.times, **journey.more)
    )

    assert kind in sandbox.met()
    if journey.row:
        assert unsaid(journey.row, read) == {}
    else:
        assert (journey.says or WELL.get(journey.road, ACCEPTED)) in read.page
        assert read.explanation == ""


def unsaid(row: Explanation, read: Read) -> dict[str, list[str]]:
    """List what a row says and a place does not, by the place."""
    mail = (row.fate,) if read.log else ()
    said = (row.title, row.why, *row.steps, f"Who must act {row.who.called}", *mail)
    places = {"page": read.page, "log": read.log} if read.log else {"page": read.page}
    missing = {
        name: [each for each in said if not _shape(each).search(text)]
        for name, text in places.items()
    }
    if read.log and read.explanation != row.name:
        missing["API"] = [read.explanation]
    return {name: lines for name, lines in missing.items() if lines}


def _shape(sentence: str) -> re.Pattern[str]:
    """Take whatever fills in a hole."""
    return re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(sentence)))
