"""Conditions: what is wrong just now, found out anew each time.

Whatever is asked here is asked every few seconds: each question reads a few rows, or an
index of nothing but what waits.
"""

from collections.abc import Iterator
from datetime import timedelta

from portal import clock, config, db
from portal.db import Session
from portal.explanations import Told, Who, tell
from portal.mail import lanes
from portal.mail.lanes import Hold, flow
from portal.mail.lanes.flow import Motion
from portal.mail.outbox import State, records
from portal.mail.outbox.records import queue
from portal.watch.alerts import endings, failures
from portal.workspace import accounts, standing
from portal.workspace.accounts import Account, places
from portal.workspace.incidents import Condition, Kind

PATIENCE = timedelta(minutes=10)  # that mail may be due
MEGABYTE = 1_000_000
NEARLY_FULL = 2  # times what doors leave free

SENDS_NOTHING = "The account {name} sends nothing."
MEANWHILE = "Meanwhile its mail is passed on to the account {other}."
SIGN_IN = "Please press Sign In on its page."
PRESS = "Its page tells what to do, and lets it try again."
COMMAND = "Command: {command}."
DOES_NOT_MOVE = "Mail of the account {name} does not move."
STUCK = {
    Motion.UNTOUCHED: (
        "It has been due for ten minutes or more, and no worker takes it."
    ),
    Motion.UNATTENDED: "No worker was there for it in the last half hour.",
}
LOOK_AFTER_WORKERS = (
    "Please look whether a worker runs (portal up, or portal worker).",
    "Its log says what keeps it.",
)
TRIED_AGAIN = "It is tried again by itself; if it lasts, look after what it names."
FALLS_BACK = "Mail of the account {name} is passed on to its fallback, {other}."
HUMAN = "Mail waits for a human."
HOW_MUCH = "Messages held: {held}; unconfirmed: {unconfirmed}."
DECIDE = "Please decide about each on the page of messages."
FULL = "The disk of the database is nearly full."
HOW_FULL = (
    "Less than {most} MB are free; below {least} MB the portal takes no mail any more."
)
MAKE_ROOM = "Please make room, or keep content for fewer days (portal retention)."


def now(session: Session) -> list[Condition]:
    """Find out all that is wrong."""
    used = [account for account in accounts.every(session) if account.enabled]
    each = (_of_account(session, account) for account in used)
    return [
        *filter(None, each),
        *failures.often(session, used),
        *_of_mail(session),
        *endings.near(session),
        *_of_disk(),
    ]


def _of_account(session: Session, account: Account) -> Condition | None:
    """Tell what is wrong with an account: the worst, for it explains the rest."""
    return (
        _held(session, account)
        or _falling_back(session, account)
        or _stuck(session, account)
    )


def _held(session: Session, account: Account) -> Condition | None:
    hold = lanes.holding(session, account.id)
    signed_out = standing.signed_out(session, account)
    unconnected = hold is not None and hold.since is None
    held = tell(hold.reason, hold.cause, hold.command) if hold else None
    told = signed_out or held
    if told is None:
        return None
    if unconnected and not signed_out and not _late(session, account):
        return None  # nobody has set it up yet, and nothing waits for it
    other = _stand_in(session, account)
    away = (SIGN_IN,) if signed_out or unconnected else (PRESS,)
    return Condition(
        kind=Kind.ACCOUNT_HELD,
        subject=str(account.id),
        title=SENDS_NOTHING.format(name=account.name),
        why=f"{told.why} {MEANWHILE.format(other=other)}" if other else told.why,
        steps=_steps(told) or away,
        who=told.who or (Who.MICROSOFT if told.command else Who.WORKSPACE),
        cause=told.name,
        link=places.repair(session, account),
    )


def _steps(told: Told) -> tuple[str, ...]:
    """Return what ends it; a command, and then to let it try again."""
    command = told.command
    typed = (COMMAND.format(command=command), PRESS) if command else ()
    return *told.steps, *typed


def _falling_back(session: Session, account: Account) -> Condition | None:
    other, failing = _stand_in(session, account), flow.failing(session, account.id)
    if not other or failing is None:
        return None
    title = FALLS_BACK.format(name=account.name, other=other)
    return _failing(session, account, Kind.FALLBACK_IN_USE, title, failing)


def _failing(
    session: Session, account: Account, kind: Kind, title: str, why: Hold
) -> Condition:
    """Tell what fails; what passes by itself has lasted, so somebody looks after it."""
    told = tell(why.reason, why.cause)
    return Condition(
        kind=kind,
        subject=str(account.id),
        title=title,
        why=told.why,
        steps=(*told.steps, TRIED_AGAIN),
        who=Who.WORKSPACE if told.who in (None, Who.NOBODY) else told.who,
        cause=told.name,
        link=places.repair(session, account),
    )


def _stand_in(session: Session, account: Account) -> str:
    """Return the name of the account by which mail leaves instead; "" if by none."""
    if account.fallback_id is None:
        return ""
    return accounts.by_id(session, account.fallback_id).name


def _stuck(session: Session, account: Account) -> Condition | None:
    motion = flow.motion(session, account.id, PATIENCE)
    title = DOES_NOT_MOVE.format(name=account.name)
    failing = flow.failing(session, account.id) if motion == Motion.FAILING else None
    if failing and queue.waiting_since(session, account.id):
        return _failing(session, account, Kind.QUEUE_STUCK, title, failing)
    if motion not in STUCK or not _late(session, account):
        return None
    return Condition(
        kind=Kind.QUEUE_STUCK,
        subject=str(account.id),
        title=title,
        why=STUCK[motion],
        steps=LOOK_AFTER_WORKERS,
        who=Who.OPERATOR,
        link=places.repair(session, account),
    )


def _late(session: Session, account: Account) -> bool:
    since = queue.waiting_since(session, account.id)
    return since is not None and since < clock.now() - PATIENCE


def _of_mail(session: Session) -> Iterator[Condition]:
    counts = records.stuck(session)
    if counts:
        held, unconfirmed = (
            counts.get(state, 0) for state in (State.HELD, State.UNCONFIRMED)
        )
        yield Condition(
            kind=Kind.NEEDS_A_HUMAN,
            title=HUMAN,
            why=HOW_MUCH.format(held=held, unconfirmed=unconfirmed),
            steps=(DECIDE,),
            who=Who.WORKSPACE,
            link="/messages",
        )


def _of_disk() -> Iterator[Condition]:
    free, least = db.free_bytes(), config.current().spare
    if free is not None and free < NEARLY_FULL * least:
        yield Condition(
            kind=Kind.LITTLE_SPACE,
            title=FULL,
            why=HOW_FULL.format(
                most=NEARLY_FULL * least // MEGABYTE, least=least // MEGABYTE
            ),
            steps=(MAKE_ROOM,),
            who=Who.OPERATOR,
            link="/",
        )
