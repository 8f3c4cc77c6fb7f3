"""What a worker gives a transport: a parcel to deliver, and the lease it rides on."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from portal import clock, db, net
from portal.delivery import backoff, dress
from portal.delivery.transport import Attempt, Parcel, Transport
from portal.errors import Deferred, NotFound
from portal.explanations.own import (
    CONNECTED_ANEW,
    CONTENT_GONE,
    NOT_CONNECTED,
    OTHER_SENDER,
    SLOW_WORKER,
    UPLOADED_ENOUGH,
)
from portal.mail import content, spelling, transfers
from portal.mail.content import Content
from portal.mail.journal import Event, Line, snapshots
from portal.mail.lanes import budgets, charges
from portal.mail.leftovers import strays
from portal.mail.outbox import Claim, claims, endings
from portal.mail.transfers import Transfer
from portal.workspace import accounts, connections, in_force, senders
from portal.workspace.accounts import Account
from portal.workspace.connections import Connection

# Less than this, and another worker could look the message up while we still send it.
NEEDED = timedelta(seconds=net.LONGEST_UPLOAD_SECONDS + 10)
BREATH_SECONDS = 15.0  # between two renewals; one wait of a transport is a minute


class Lease:
    """How long a claim is ours, and whether sending has begun."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.connection_id: UUID | None = None  # pinned by `pack`
        self.proves = False  # that its account can send, likewise
        self.key = b""  # of the message's content, likewise
        self.begun = False
        self._weighed = False
        # Of what is a draft already, the claim does not say that sending may begin.
        self.drafting = bool(claim.draft_id)
        self._draft_id = claim.draft_id
        self._stray = claim.unnamed_since is not None
        self._started = clock.seconds()
        self._keep_until(claim.leased_until)

    @property
    def took(self) -> timedelta:
        return timedelta(seconds=clock.seconds() - self._started)

    def pin(
        self,
        account: Account,
        connection: Connection | None,
        known: Mapping[str, str],
    ) -> None:
        """Note by which account and consent it leaves, and with which settings."""
        self.connection_id = connection.id if connection else None
        self.proves = account.configured and account.proven_at is None
        self.claim = replace(self.claim, snapshot=snapshots.name(known))

    def begin(self) -> None:
        if self.drafting:
            # On any other road the claim has said so already.
            with db.session() as session:
                self._keep_until(claims.begin(session, self.claim))
            self.drafting = False
        if self._ends - clock.seconds() < NEEDED.total_seconds():
            raise SLOW_WORKER.error()
        self.begun = True

    def prepare(self, draft_id: str = "") -> None:
        with db.session() as session:
            self._keep_until(claims.prepare(session, self.claim, draft_id))
        self.drafting, self.begun = True, False
        self._draft_id = draft_id

    def create(self) -> None:
        with db.session() as session:
            if self._stray:
                # It was looked for in vain, and may turn up all the same.
                strays.leave(session, self.claim.message_id)
            self._keep_until(claims.expect(session, self.claim, clock.now()))
        self._stray = False

    def forgo(self) -> None:
        with db.session() as session:
            self._keep_until(claims.expect(session, self.claim, None))

    def breathe(self) -> None:
        if clock.seconds() - self._renewed >= BREATH_SECONDS:
            self.prepare(self._draft_id)

    def divide(self, recipients: Sequence[str], error: Deferred) -> None:
        after = backoff.wait(self.claim.attempt) if error.after is None else error.after
        line = Line(
            event=Event.DEFERRED,
            reason=error.advice,
            answer=error.answer,
            again_at=clock.now() + after,
        )
        with db.session() as session:
            endings.divide(session, self.claim, recipients, line)

    def weigh(self, size: int) -> None:
        if self._weighed or budgets.claimed(self.claim.size):
            return
        with db.session() as session:
            self._afford(session, {budgets.BYTES.name: size})
        self._weighed = True

    def upload(self, size: int) -> None:
        with db.session() as session:
            # The mailbox is locked before the message, as by a claim.
            self._afford(session, budgets.uploading(size))
            until = claims.prepare(session, self.claim, self._draft_id)
        self._keep_until(until)

    def plan(self, sizes: Mapping[int, int]) -> None:
        with self._extending() as session:
            transfers.plan(session, self.claim.message_id, sizes)

    def enclose(self, inside: int) -> None:
        with self._extending() as session:
            transfers.enclose(session, self.claim.message_id, inside)

    def go_on(self, transfer: Transfer) -> None:
        with self._extending() as session:
            transfers.go_on(session, self.claim.message_id, self.key, transfer)

    def advance(self, part: int, received: int) -> None:
        with self._extending() as session:
            transfers.advance(session, self.claim.message_id, part, received)

    def charge(self, requests: int = 1) -> None:
        with db.session() as session:
            cost = budgets.cost(requests=requests)
            charges.spend(session, self.claim.lane_id, cost)

    def _afford(self, session: db.Session, cost: budgets.Cost) -> None:
        if wait := charges.afford(session, self.claim.lane_id, cost):
            raise UPLOADED_ENOUGH.error(after=wait)

    @contextmanager
    def _extending(self) -> Iterator[db.Session]:
        """Renew the lease with what is noted: both ride on progress."""
        with db.session() as session:
            until = claims.prepare(session, self.claim, self._draft_id)
            yield session
        self._keep_until(until)

    def _keep_until(self, until: datetime) -> None:
        # Counted from here on by a clock that nobody sets.
        self._renewed = clock.seconds()
        self._ends = self._renewed + (until - clock.now()).total_seconds()


def pack(lease: Lease, transports: Mapping[str, Transport]) -> tuple[Transport, Parcel]:
    """Pin a message to account, connection and From, and put its content at hand."""
    claim = lease.claim
    with db.reading() as session:
        account = accounts.by_id(session, claim.account_id)
        connection = connections.find(session, account.id)
        known = in_force.settings(session, account, connection)
        lease.pin(account, connection, known)
        try:
            held = content.find(session, claim.message_id)
        except NotFound as error:
            raise CONTENT_GONE.error() from error
        skeleton = b"".join(content.pieces(held, 0, partial(content.read, session)))
        come = transfers.of(session, claim.message_id, held.key)
    _keep(known)
    lease.key = held.key
    if connection and not account.by_smtp and connection.lane_key != claim.mailbox:
        # It is charged to, and would be looked for in, the mailbox of before.
        raise CONNECTED_ANEW.error()
    sender = _sender(account, claim)
    parcel = Parcel(
        message_id=claim.message_id,
        account_id=account.id,
        connection_id=lease.connection_id,
        sender=sender,
        envelope=claim.envelope,
        return_path=_return_path(account, claim, sender),
        notice=claim.return_path == "",
        bcc=claim.bcc,
        internet_message_id=claim.internet_message_id,
        attempt=claim.attempt,
        draft_id=claim.draft_id,
        draft_begun=claim.draft_begun,
        unnamed_since=claim.unnamed_since,
        catch_all=account.catch_all,
        proven=account.proven_at is not None,
        accepted_at=claim.accepted_at,
        large_attachments=account.large_attachments,
        skeleton=dress.dressed(skeleton, sender, account.letterhead),
        sizes=held.sizes[1:],
        part=lambda number: content.pieces(held, number, _read_chunk),
        transfers=come,
    )
    return transports[account.transport], parcel


def attempt_of(
    lease: Lease, transports: Mapping[str, Transport]
) -> tuple[Transport, Attempt]:
    """Say what is known of an attempt that has to be looked up."""
    claim = lease.claim
    with db.reading() as session:
        account = accounts.by_id(session, claim.account_id)
        connection = connections.find(session, account.id)
        known = in_force.settings(session, account, connection)
    lease.pin(account, connection, known)
    _keep(known)
    attempt = Attempt(
        message_id=claim.message_id,
        account_id=claim.account_id,
        sender=claim.sender or account.sender or "",
        internet_message_id=claim.internet_message_id,
        mailbox=claim.mailbox,
        draft_id=claim.draft_id,
        large_attachments=account.large_attachments,
        accepted_at=claim.accepted_at,
        connected=account.configured or bool(connection and account.sender),
    )
    return transports[account.transport], attempt


def _keep(known: Mapping[str, str]) -> None:
    """See that the settings are kept, which almost always they are."""
    snapshot = snapshots.name(known)
    if not snapshots.fresh(snapshot):
        with db.session() as session:
            snapshots.keep(session, known)
        snapshots.remember(snapshot)


def _sender(account: Account, claim: Claim) -> str:
    """Return the From that it leaves with; raise Withheld if it may not any more."""
    wanted = claim.sender or account.sender
    if wanted is None or not (account.sender or account.configured):
        raise NOT_CONNECTED.error()
    if not account.sends_as(wanted):
        present = senders.told(account.senders) or account.sender
        raise OTHER_SENDER.error(wanted=claim.sender, present=str(present))
    own = account.letterhead.force or not account.configured
    return (account.sender if own else None) or wanted


def _return_path(account: Account, claim: Claim, sender: str) -> str:
    """Return where a server reports what it cannot deliver.

    An account takes over what it may send as. From alone is no wish: programs say it
    again, who have never heard of another return address.
    """
    own, brought = account.letterhead.return_path, claim.return_path or ""
    replaced = bool(own) and account.letterhead.force
    wished = not spelling.same(brought, claim.sender or sender)
    if wished and not replaced and senders.hold(account.senders, brought):
        return brought
    return own or sender


def _read_chunk(held: Content, part: int, number: int) -> tuple[bytes, bool]:
    """Read one chunk; no session stays open while its bytes travel."""
    with db.reading() as session:
        return content.read(session, held, part, number)
