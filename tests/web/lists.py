"""The list of messages in every state, and what many were decided."""

from dataclasses import replace
from typing import Any

from portal.explanations.own import CANNOT_READ
from portal.intake.bulk import Act, Step
from portal.mail.outbox import State
from portal.mail.outbox.records.search import Found
from portal.web.messages.search import Row
from tests.web.mails import HERE, HOSTILE, NEEDY, PLANS, TO_MANY
from tests.web.standings import ADMIN, ID, LONG


def listed(*rows: Row, **context: Any) -> dict[str, Any]:
    """Give what the list is drawn from."""
    return {
        "signed_in": ADMIN,
        "needing": len(rows),
        "rows": rows,
        "found": ALL,
        "words": "",
        "status": "",
        "before": None,
        "walk": 10_000,
        "here": HERE,
        **context,
    }


ALL = Found(records=(), older=None, stopped=False)
ROWS = (
    Row(record=replace(PLANS, state=State.HELD), reason=NEEDY["reason"]),
    Row(
        record=replace(PLANS, state=State.UNCONFIRMED, to=TO_MANY.to, subject=""),
        reason=CANNOT_READ.sentence,
    ),
    Row(
        record=replace(PLANS, state=State.UNCONFIRMED, to=(LONG,), subject=HOSTILE),
        reason=HOSTILE,
    ),
)
LISTS: dict[str, dict[str, Any]] = {
    "list": listed(*ROWS, found=replace(ALL, older=HERE)),
    "list-held": listed(ROWS[0], status="held", before=HERE),
    "list-stopped": listed(
        *ROWS, words="plan", found=replace(ALL, older=HERE, stopped=True)
    ),
    "list-stopped-empty": listed(
        before=HERE, words="plan", found=replace(ALL, older=HERE, stopped=True)
    ),
    "list-empty": listed(),
    "list-nothing": listed(words=LONG, status="needs-you"),
    "list-calm": listed(status="needs-you"),
}


def decided(act: Act, step: Step, **context: Any) -> dict[str, Any]:
    """Give what a step of a decision about many is drawn from."""
    return {
        "signed_in": ADMIN,
        "needing": 3,
        "act": act.value,
        "decided": ID,
        "step": step,
        "so_far": step.done,
        "left": (),
        "before": None,
        "asks": False,
        "list": "/messages?status=held",
        "words": "",
        "status": "held",
        "most": 100,
        **context,
    }


NONE = Step(done=0, refused={}, left=())
SOME = Step(done=97, refused={"It was sent.": 2, CANNOT_READ.sentence: 1}, left=())
DECIDED: dict[str, dict[str, Any]] = {
    "asks": decided(Act.CANCEL, NONE, asks=True, before=HERE, words=LONG),
    "goes-on": decided(Act.RETRY, SOME, so_far=397, before=HERE),
    "left": decided(Act.RESEND, replace(SOME, refused={}), left=(HERE, ID)),
    "ended": decided(Act.ARRIVE, SOME),
    "refused": decided(Act.CANCEL, replace(SOME, done=0)),
}
