"""Messages in every state that their page shows, and the list of what needs a human."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from portal import explanations
from portal.errors import Answer, Need
from portal.explanations.graph import FAULT, NO_SEND_AS, TOO_BIG_FOR_ONE_REQUEST
from portal.explanations.own import CANNOT_READ
from portal.mail.journal import Event, Line
from portal.mail.outbox import FINAL, State
from portal.mail.outbox.records import Choices, Envelope, Record
from portal.mail.transfers import Progress
from portal.web.messages import story, upload
from portal.web.messages.page import Permission, case
from tests.web.standings import ADMIN, FROM_NOREPLY, ID, LONG, NOREPLY, NOW, SEND_AS

HERE = UUID("0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e60")
BUSY = "Microsoft asks for a pause."
HOSTILE = "<script>alert(1)</script>" + "W" * 120
NOTHING = Choices(retry=False, cancel=False, resend=False, arrival=False, erased=False)
OPEN = replace(NOTHING, retry=True, cancel=True)
PLANS = Record(
    id=HERE,
    key_id=ID,
    account_id=ID,
    state=State.QUEUED,
    behind=False,
    reason="",
    cause="",
    need=Need.NOTHING,
    accepted_at=NOW,
    finished_at=None,
    expires_at=NOW + timedelta(days=5),
    next_attempt_at=NOW,
    attempts=0,
    sender="",
    to=("plans@example.com",),
    subject="Site plans, revision 7",
    internet_message_id="<019d5k8q2mc4v7@contoso.example>",
    size=48_200_000,
    tags=("plans", "site-7"),
    copy_of=None,
    resent_as=None,
)
TO_ONE = Envelope(
    to=PLANS.to, cc=("site-office@example.com",), bcc=("archive@contoso.example",)
)
TO_MANY = Envelope(
    to=tuple(f"reader{number}@example.com" for number in range(412)), cc=(), bcc=()
)
ACCEPTED = Line(event=Event.ACCEPTED, at=NOW)
BEGUN = Line(event=Event.SENDING, attempt=1, at=NOW + timedelta(seconds=1))
POSTPONED = Line(
    event=Event.DEFERRED,
    attempt=1,
    reason=BUSY,
    answer=Answer(
        status=503,
        code="serviceNotAvailable",
        text="The service is temporarily unavailable.",
        request_id="3c8f0e52-9b1d-4d4a-8a3e-1f60a7f5c2b1",
    ),
    took=timedelta(milliseconds=420),
    again_at=NOW + timedelta(seconds=22),
    at=NOW + timedelta(seconds=2),
)
TWICE = replace(BEGUN, attempt=2, at=NOW + timedelta(seconds=22))
ENDED: dict[str, Any] = {"finished_at": NOW + timedelta(seconds=40), "attempts": 1}
HALFWAY = Progress(done=29_900_000, total=48_200_000, per_second=6_100_000)


def last(
    event: Event, reason: str = "", answer: Answer | None = None, cause: str = ""
) -> Line:
    ended = replace(POSTPONED, event=event, answer=answer, again_at=None)
    return replace(ended, reason=reason, cause=cause)


def page(
    *lines: Line,
    choices: Choices = NOTHING,
    progress: Progress | None = None,
    to: Envelope = TO_ONE,
    context: dict[str, Any] | None = None,
    **record: Any,
) -> dict[str, Any]:
    """Give what the page of a message is drawn from."""
    shown = replace(PLANS, **record)
    moving = upload.told(progress) if progress else None
    news = upload.news(shown, moving)
    return {
        "signed_in": ADMIN,
        "needing": 2,
        "record": shown,
        "account": FROM_NOREPLY,
        "sender": NOREPLY,
        "envelope": to,
        "choices": choices,
        "size": "48.2 MB",
        "told": explanations.tell(shown.reason, shown.cause),
        "settings": "/settings",
        "lines": [story.tell(line) for line in (ACCEPTED, *lines)],
        "case": case(shown),
        "permission": None,
        "upload": moving,
        "news": news,
        "progress": "" if shown.state in FINAL else f"/settings/progress?news={news}",
        **(context or {}),
    }


NEEDY: dict[str, Any] = {
    "state": State.HELD,
    "need": Need.LARGE_ATTACHMENTS,
    "reason": TOO_BIG_FOR_ONE_REQUEST.sentence,
    "cause": TOO_BIG_FOR_ONE_REQUEST.name,
    "choices": OPEN,
}
ASK = Permission(asked=False, sender=NOREPLY, version=4, at="/settings")
HELD = last(Event.HELD, NEEDY["reason"])
UNSURE: dict[str, Any] = {
    "state": State.UNCONFIRMED,
    "reason": CANNOT_READ.sentence,
    "cause": CANNOT_READ.name,
    "attempts": 1,
}
HELD_BY_ACCOUNT = f"{NO_SEND_AS.sentence} Command: {SEND_AS}"
DIVERTED = (
    "It was passed on to the account relay, because default could not send it."
    f" {HELD_BY_ACCOUNT}"
)
DENIED = last(
    Event.HELD,
    HELD_BY_ACCOUNT,
    Answer(status=403, code="ErrorSendAsDenied", request_id=str(ID)),
    NO_SEND_AS.name,
)
LOST = last(
    Event.DOUBTED,
    FAULT.sentence,
    Answer(
        status=500,
        code="ErrorInternalServerError",
        text="An internal server error occurred. The operation failed.",
        request_id="9f4e1c7a-52d6-4c0b-b1a3-6d28f0e7c945",
    ),
    FAULT.name,
)
UNKNOWN = replace(
    last(Event.UNCONFIRMED, CANNOT_READ.sentence, cause=CANNOT_READ.name), took=None
)

MESSAGES: dict[str, dict[str, Any]] = {
    "queued": page(choices=OPEN),
    "deferred": page(BEGUN, POSTPONED, choices=OPEN, attempts=1, reason=BUSY),
    "diverted": page(
        *(BEGUN, last(Event.DIVERTED, DIVERTED)),
        choices=OPEN,
        attempts=1,
        reason=DIVERTED,
    ),
    "sending": page(BEGUN, state=State.SENDING, attempts=1),
    "uploading": page(
        *(BEGUN, POSTPONED, TWICE), state=State.SENDING, attempts=2, progress=HALFWAY
    ),
    "sent": page(
        *(BEGUN, last(Event.SENT, answer=Answer(status=202, request_id=str(ID)))),
        choices=replace(NOTHING, resend=True),
        state=State.SENT,
        **ENDED,
    ),
    "erased": page(
        *(BEGUN, last(Event.SENT)),
        choices=replace(NOTHING, erased=True),
        state=State.SENT,
        **ENDED,
    ),
    "held": page(
        *(BEGUN, DENIED),
        choices=OPEN,
        state=State.HELD,
        behind=True,
        reason=HELD_BY_ACCOUNT,
        cause=NO_SEND_AS.name,
        attempts=1,
    ),
    "needs-large": page(BEGUN, HELD, context={"permission": ASK}, **NEEDY),
    "needs-large-asked": page(
        *(BEGUN, HELD), context={"permission": replace(ASK, asked=True)}, **NEEDY
    ),
    "needs-large-elsewhere": page(
        *(BEGUN, HELD), context={"permission": replace(ASK, sender="")}, **NEEDY
    ),
    "unconfirmed": page(
        *(BEGUN, LOST, UNKNOWN),
        choices=replace(NOTHING, resend=True, arrival=True),
        **UNSURE,
    ),
    "resent": page(
        *(
            BEGUN,
            last(Event.UNCONFIRMED),
            last(Event.RESENT, f"{ADMIN} sent it again."),
        ),
        choices=replace(NOTHING, arrival=True),
        resent_as=ID,
        copy_of=ID,
        **UNSURE,
    ),
    "failed": page(
        *(BEGUN, last(Event.FAILED, "Microsoft takes no such recipient.")),
        choices=replace(NOTHING, retry=True, resend=True),
        state=State.FAILED,
        reason="Microsoft takes no such recipient.",
        **ENDED,
    ),
    "cancelled": page(
        last(Event.CANCELLED, f"{ADMIN} cancelled it."),
        choices=replace(NOTHING, resend=True),
        state=State.CANCELLED,
        reason=f"{ADMIN} cancelled it.",
        **ENDED,
    ),
    "refused": page(
        *(BEGUN, last(Event.SENT)),
        choices=replace(NOTHING, resend=True),
        context={"refusal": "It was sent."},
        state=State.SENT,
        **ENDED,
    ),
    "hostile": page(
        *(BEGUN, last(Event.FAILED, HOSTILE, Answer(code=HOSTILE, text=HOSTILE))),
        choices=replace(NOTHING, retry=True, resend=True),
        to=replace(TO_MANY, cc=(LONG,)),
        state=State.FAILED,
        subject=HOSTILE,
        reason=HOSTILE,
        tags=(HOSTILE,),
        **ENDED,
    ),
}
