"""How the portal stands: whether mail can leave, and who has to act if it cannot."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock, vault
from portal.errors import CannotDecrypt
from portal.explanations import Told, tell
from portal.explanations.own import OTHER_APPLICATION
from portal.explanations.own.consent import WITHDRAWN
from portal.explanations.sign_in import NOT_APPROVED
from portal.mail import lanes
from portal.mail.lanes import Hold, flow
from portal.mail.lanes.flow import Motion
from portal.mail.outbox import overdue, records
from portal.mail.outbox.records import queue
from portal.mail.tally import depth
from portal.workspace import accounts, connections, registration
from portal.workspace.accounts import Account
from portal.workspace.accounts.servers import Provider
from portal.workspace.connections import Connection
from portal.workspace.consent import changes, scopes
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.registration import issuers

PATIENCE = timedelta(minutes=1)
ANOTHER = Hold(reason=OTHER_APPLICATION.sentence, cause=OTHER_APPLICATION.name)
TAKEN_BACK = frozenset({WITHDRAWN.name, NOT_APPROVED.name})
NOBODY_WORKS = "Mail has been due for more than a minute. Does a worker run?"
UNATTENDED = Hold(reason=NOBODY_WORKS)


class Outline(StrEnum):
    """Whether an account can send; the words of commands and of the API."""

    NOT_CONNECTED = "not connected"
    CONNECTED = "connected"
    NEEDS_ATTENTION = "needs attention"


class State(StrEnum):
    """How far the way to Microsoft is open; the words of pages."""

    NOT_REGISTERED = "Not registered"  # no app registration yet
    NOT_CONNECTED = "Not connected"  # nobody gave consent yet, or it was Reset
    WAITING = "Waiting for admin approval"
    CONNECTED = "Connected"
    NEEDS_ATTENTION = "Needs attention"  # connected, but a human must act
    RECONNECT = "Reconnect needed"  # somebody has to sign in again
    CANNOT_DECRYPT = "Can't decrypt"  # the key does not fit this database


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An account: what it is, what it waits for, and what waits for it."""

    state: State
    account: Account
    connection: Connection | None  # the last one, as long as it was not Reset
    change: Change | None
    reason: str  # why a human must act; "" if none must
    cause: str  # the name of its explanation
    command: str  # what an administrator types to end it; "" if there is nothing
    since: datetime | None  # how long that is so
    waiting: int  # messages that go out by themselves, sooner or later
    overdue: int  # messages that are set aside until a human decides about them
    restored: int  # so many of those may have been sent after a backup
    stuck: int  # messages that a human must settle one by one

    @property
    def told(self) -> Told | None:
        """Explain why a human must act; None if none must."""
        known = self.reason, self.cause, self.command
        return tell(*known) if self.reason else None

    @property
    def lacks_reading(self) -> bool:
        """Tell whether large file attachments are on, and what they need is not."""
        by, on = self.connection, self.account.large_attachments
        lacks = by is not None and not scopes.reads(by.scopes)
        return on and lacks and self.state != State.RECONNECT

    @property
    def withdrawn(self) -> bool:
        """Tell whether a renewal missed the consent, or a permission that is needed."""
        gone = self.state == State.RECONNECT and self.cause in TAKEN_BACK
        return gone or self.lacks_reading


@dataclass(frozen=True, kw_only=True)
class Brief:
    """The most important of an account: whether it can send, and by whose sign-in."""

    outline: Outline
    connection: Connection | None
    why: Hold | None  # somebody must act

    @property
    def reason(self) -> str:
        """Say why somebody must act; "" if nobody must."""
        return self.why.reason if self.why else ""

    @property
    def told(self) -> Told | None:
        """Explain why somebody must act; None if nobody must."""
        if self.why is None:
            return None
        return tell(self.why.reason, self.why.cause, self.why.command)


def brief(session: Session, account: Account) -> Brief:
    """Tell the most important of an account."""
    hold = lanes.holding(session, account.id)
    connection = connections.find(session, account.id)
    trouble = _trouble(account, registration.named(session), hold, connection)
    since = queue.waiting_since(session, account.id)
    if trouble is None and since:
        motion = flow.motion(session, account.id, PATIENCE)
        trouble = _slow(since, motion, flow.failing(session, account.id))
    return _brief(account, connection, trouble)


def briefs(
    session: Session, every: Collection[Account], since: Mapping[UUID, datetime]
) -> dict[UUID, Brief]:
    """Tell the same of many; `since` is when the oldest of each was or will be due."""
    holds = lanes.holds(session, [each.id for each in every])
    made, application = connections.every(session), registration.named(session)
    motions = flow.motions(session, PATIENCE) if since else {}
    failing = flow.failures(session) if since else {}
    slow = {
        each: _slow(due, motions.get(each, Motion.UNTOUCHED), failing.get(each))
        for each, due in since.items()
    }
    return {
        each.id: _brief(
            each,
            made.get(each.id),
            _trouble(each, application, holds.get(each.id), made.get(each.id))
            or slow.get(each.id),
        )
        for each in every
    }


def _slow(since: datetime, motion: Motion, failing: Hold | None) -> Hold | None:
    """Tell why mail is late: it may go slowly because its mailbox takes no more.

    What has failed waits for its next turn, and is due again and again.
    """
    if motion == Motion.FAILING:
        return failing
    late = clock.now() - since > PATIENCE
    return UNATTENDED if late and motion != Motion.MOVING else None


def _trouble(
    account: Account,
    application: tuple[str, str],
    hold: Hold | None,
    connection: Connection | None,
) -> Hold | None:
    if hold or connection is None:
        return hold
    # Where the sign-in is at is not asked: a command beside the sandbox does not know.
    made_with = connection.tenant, connection.client_id
    if account.provider != Provider.GOOGLE and made_with != application:
        return ANOTHER
    why = Hold(reason=connection.trouble, cause=connection.trouble_cause)
    return why if connection.trouble else None


def _brief(
    account: Account,
    connection: Connection | None,
    trouble: Hold | None,
) -> Brief:
    outline = Outline.NEEDS_ATTENTION if trouble else Outline.CONNECTED
    if connection is None and _unsigned(account):
        outline = Outline.NOT_CONNECTED
    return Brief(outline=outline, connection=connection, why=trouble)


def signed_out(session: Session, account: Account) -> Told | None:
    """Explain why an account's user has to sign in again; None if that is not so."""
    connection = connections.find(session, account.id)
    hold = lanes.holding(session, account.id)
    why = _signed_out(session, account, connection, hold)
    return tell(why.reason, why.cause) if why else None


def _unsigned(account: Account) -> bool:
    """Tell whether an account without a connection still waits for its first one."""
    return account.by_consent and (account.submits or account.sender is None)


def now(session: Session, account: Account | None = None) -> Standing:
    """Find out how an account stands; raise CannotDecrypt without a key.

    Without an account: how the default one stands, while no message is stuck by any.
    A page asks for several: what is read of all accounts at once is read `db.once`.
    """
    if not vault.unlocked():
        raise CannotDecrypt
    stuck = records.stuck(session, account.id if account else None)
    account = account or _default(session)
    connection = connections.every(session).get(account.id)
    change = changes.pending(session, account.id)
    hold = lanes.holds(session, [account.id]).get(account.id)
    signed_out = _signed_out(session, account, connection, hold)
    waits = overdue.count(session, account.id)
    alone = sum(stuck.values()) - waits
    why = signed_out or (hold if hold and hold.since else None)
    if signed_out:
        state = State.RECONNECT
    elif connection is None and account.by_consent:
        state = _unconnected(session, account, change)
    else:
        state = State.NEEDS_ATTENTION if hold or waits or alone else State.CONNECTED
    return Standing(
        state=state,
        account=account,
        connection=connection,
        change=change,
        reason=why.reason if why else "",
        cause=why.cause if why else "",
        command=hold.command if hold and not signed_out else "",
        since=hold.since if hold else None,
        waiting=depth.waiting(session).get(account.id, depth.NOTHING).count,
        overdue=waits,
        restored=overdue.restored(session, account.id),
        stuck=alone,
    )


def _default(session: Session) -> Account:
    return next(each for each in accounts.every(session) if each.is_default)


def _signed_out(
    session: Session,
    account: Account,
    connection: Connection | None,
    hold: Hold | None,
) -> Hold | None:
    """Tell why the mailbox's user has to sign in again; None if that is not so."""
    first = connection is None and _unsigned(account)
    if first or not account.by_consent:
        return None
    if connection is None:
        return hold if hold and hold.since else ANOTHER
    issuer = issuers.several(session, [account])[account.id]
    if issuer is None or not connections.belongs(connection, issuer):
        return ANOTHER
    why = Hold(reason=connection.trouble, cause=connection.trouble_cause)
    return why if connection.trouble else None


def _unconnected(session: Session, account: Account, change: Change | None) -> State:
    if issuers.several(session, [account])[account.id] is None:
        return State.NOT_REGISTERED
    waits = change is not None and change.stage == Stage.WAITING
    return State.WAITING if waits else State.NOT_CONNECTED
