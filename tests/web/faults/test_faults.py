"""For every fault of the sandbox: what it looks like here, and who is told to act.

From the symptom to the page: its title, what ends it, and whose turn it is. What is no
fault but a manner that Microsoft may have changes nothing.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from portal.explanations import Explanation, Who, exchange, graph, own, sign_in, smtp
from portal.sandbox.faults import Kind
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import ADMIN
from tests.web.browsing import Browser
from tests.web.faults import roads
from tests.web.faults.roads import Road

ACTS = {
    Who.NOBODY: ("Nobody has to act", "Who must act nobody", "It is tried again"),
    Who.WORKSPACE: ("a workspace admin", "A workspace admin", "Sign In"),
    Who.MICROSOFT: ("a Microsoft 365 admin", "A Microsoft 365 admin"),
    Who.OPERATOR: ("the operator of this portal", "The operator of this portal"),
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
JOURNEYS: dict[Kind, Journey] = {
    Kind.TOO_MANY: Journey(road=roads.by_graph, row=graph.THROTTLED),
    Kind.UNAVAILABLE: Journey(road=roads.by_graph, row=graph.BUSY),
    Kind.TIMEOUT: Journey(road=roads.by_graph, row=LOST),
    Kind.TIMEOUT_ACCEPTED: Journey(road=roads.by_graph, row=LOST),
    Kind.UNAUTHORIZED: Journey(road=roads.by_graph, row=graph.BAD_TOKEN, times=None),
    Kind.RESET_EARLY: Journey(road=roads.by_graph, row=LOST),
    Kind.RESET_BODY: Journey(road=roads.by_graph, row=LOST),
    Kind.DROPPED: Journey(road=roads.by_graph, row=LOST),
    Kind.DROPPED_ACCEPTED: Journey(road=roads.by_graph, row=LOST),
    Kind.TRUNCATED: Journey(road=roads.by_graph, row=LOST),
    Kind.TRUNCATED_ACCEPTED: Journey(road=roads.by_graph, row=LOST),
    Kind.KEEPALIVE_CLOSED: well(roads.by_graph),
    Kind.GATEWAY: Journey(road=roads.by_graph, row=LOST),
    Kind.SILENT: Journey(road=roads.by_graph, row=LOST),
    Kind.HANG: Journey(road=roads.by_graph, row=LOST, more={"after_seconds": 0.1}),
    Kind.ERROR: Journey(road=roads.by_graph, row=graph.MAILBOX_FULL),
    Kind.THROTTLE: well(roads.by_graph),
    Kind.TOKEN_DOWN: Journey(road=roads.verified, row=sign_in.AWAY),
    Kind.LOGIN_PAGE: Journey(road=roads.verified, row=sign_in.AWAY),
    Kind.LOGIN_SLOW: well(roads.verified, after_seconds=0.1),
    Kind.REVOKED: Journey(
        road=roads.verified, row=sign_in.PASSWORD_CHANGED, more={"user": ADMIN}
    ),
    Kind.SECRET_EXPIRED: Journey(
        road=roads.verified, row=sign_in.SECRET_EXPIRED, times=None
    ),
    Kind.CONSENT_LAG: Journey(road=roads.verified, row=sign_in.NOT_APPROVED),
    Kind.CONSENT_OFF: Journey(
        road=roads.connecting, says="have the organization's admin approve", times=None
    ),
    Kind.CONSENT_LOST: Journey(road=roads.verified, row=sign_in.NOT_APPROVED),
    Kind.NO_REFRESH: Journey(road=roads.connecting, says="no lasting permission"),
    Kind.SCOPE_MISSING: Journey(road=roads.verified, row=sign_in.NOT_APPROVED),
    Kind.SCOPE_ABSENT: well(roads.verified),
    Kind.SCOPE_SHORT: well(roads.verified),
    Kind.SCOPE_FULL: well(roads.verified),
    Kind.SCOPE_SHOUTED: well(roads.verified),
    Kind.PUBLIC_CLIENT: well(roads.verified),
    Kind.DEVICE_HASTE: well(roads.verified),
    Kind.APP_ROLE: well(roads.verified, user=ADMIN),
    Kind.SEND_AS_GIVEN: well(roads.from_another, user=ADMIN),
    Kind.SEND_AS_WITHDRAWN: Journey(road=roads.from_another, row=graph.NO_SEND_AS),
    Kind.ON_BEHALF_GIVEN: well(roads.from_another, user=ADMIN),
    Kind.MIME_FROM: well(roads.from_another),
    Kind.ALIAS_KEPT: well(roads.by_graph),
    Kind.GUEST: Journey(road=roads.as_guest, says="a guest in the organization"),
    Kind.RENAMED: Journey(
        road=roads.verified, says=f"renamed.{ADMIN}", times=None, more={"user": ADMIN}
    ),
    Kind.LARGE: well(roads.with_file),
    Kind.IDS_CHANGE: well(roads.with_file),
    Kind.SEND_AGAIN: well(roads.with_file),
    Kind.SEARCH_LAG: well(roads.with_file),
    Kind.DRAFT_LAG: well(roads.with_file),
    Kind.SESSION_EXPIRES: Journey(road=roads.with_file),
    Kind.SESSION_SILENT: well(roads.with_file),
    Kind.UPLOAD_ELSEWHERE: Journey(road=roads.with_file, row=own.FOREIGN),
    Kind.KEYS_VARY: well(roads.with_file),
    Kind.SMTP_REPLY: Journey(road=roads.by_smtp, row=smtp.BUSY, times=None),
    Kind.SMTP_DROPPED: Journey(road=roads.by_smtp, row=own.BY_SMTP),
    Kind.SMTP_DROPPED_ACCEPTED: Journey(road=roads.by_smtp, row=own.BY_SMTP),
    Kind.SMTP_AUTH_OFF: Journey(road=roads.by_smtp, row=exchange.SWITCHED_OFF),
    Kind.SMTP_BASIC_OFF: Journey(road=roads.by_smtp, row=exchange.NO_PASSWORDS),
    Kind.SMTP_LIMITS: Journey(
        road=roads.by_smtp, says="The server accepted it", times=None
    ),
}


def test_every_fault_has_a_journey() -> None:
    assert {*JOURNEYS} == {*Kind}


@pytest.mark.parametrize("kind", JOURNEYS)
def test_a_fault_leads_to_a_page_that_tells_the_right_person_the_right_thing(
    ann: Browser, sandbox: Sandbox, kind: Kind
) -> None:
    journey = JOURNEYS[kind]

    told = journey.road(
        ann, sandbox, lambda: sandbox.fault(kind, journey.times, **journey.more)
    )

    if journey.row:
        assert journey.row.title in told
        assert all(step in told for step in journey.row.steps)
        assert any(words in told for words in ACTS[journey.row.who])
    else:
        assert (journey.says or "Microsoft accepted it") in told or (
            "No step has failed" in told and not journey.says
        )
