"""Out by Microsoft Graph: with which token a message leaves, and how it is looked up.

Which call carries it is decided in `roads`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from portal import clock
from portal.delivery import spending
from portal.delivery.graph import drafted, namesakes, refusal, roads
from portal.delivery.graph.roads import Road
from portal.delivery.transport import (
    Accepted,
    Attempt,
    NotSent,
    Parcel,
    Progress,
    Unknown,
    unknown,
)
from portal.errors import Answer, Deferred, Withheld
from portal.explanations.graph import NO_ACCESS, NOT_YET_ALLOWED, SPREADING
from portal.explanations.own import (
    AMONG_DRAFTS,
    CANNOT_READ,
    CONNECTED_ANEW,
    ELSEWHERE,
    GRANTED_OTHERWISE,
    NAMESAKES,
    NOT_FOUND,
)
from portal.microsoft import drafts, graph
from portal.microsoft.drafts import Found
from portal.workspace import tokens
from portal.workspace.consent import scopes
from portal.workspace.tokens import Token

T = TypeVar("T")

DENIED = frozenset(each.name for each in (NO_ACCESS, NOT_YET_ALLOWED, SPREADING))
NEW = timedelta(seconds=10)  # who is denied with a token so new asks for no newer
FRESH_SECONDS = 60  # a new token that is refused so soon is not the trouble
FOUND = Accepted(answer=Answer(), note=drafted.FOUND)


@dataclass(frozen=True)
class Graph:
    """The transport of accounts that send through Microsoft 365."""

    url: str

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        token = _pinned(parcel)
        at, own = self._mailbox(token, parcel), token.owns(parcel.sender)
        reads = _reads(token, parcel)
        road = roads.choose(at, parcel, progress, own=own, reads=reads)

        def again() -> Token:
            renewed = _pinned(parcel)
            if _reads(renewed, parcel) != reads:
                raise GRANTED_OTHERWISE.error()
            progress.charge()
            return renewed

        try:
            return _spend(token, lambda spent: _travel(road, spent, parcel), again)
        except graph.TokenRefused as error:
            raise refusal.of(token, error) from error

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown:
        """Look for it in the mailbox: by the draft that it was, then everywhere."""
        if not attempt.connected:
            return unknown(ELSEWHERE)
        token = _token(attempt.account_id)
        if token.connection and token.connection.lane_key != attempt.mailbox:
            return unknown(ELSEWHERE)
        if not _reads(token, attempt):
            return unknown(CANNOT_READ, final=True)
        renew = partial(_same, token.connection_id, attempt.account_id)
        try:
            return _spend(token, lambda spent: self._find(spent, attempt), renew)
        except graph.TokenRefused as error:
            later = Deferred(str(error), answer=error.answer)
            raise later.because(error.cause) from error

    def _mailbox(self, token: Token, about: Parcel | Attempt) -> str:
        """Return where it leaves from: of who signed in, or by application its From."""
        return graph.mailbox(self.url, "" if token.connection else about.sender)

    def _find(self, token: Token, attempt: Attempt) -> Accepted | NotSent | Unknown:
        at, access, known = self._mailbox(token, attempt), token.access, None
        try:
            if attempt.draft_id:
                known = drafts.find(at, access, attempt.draft_id)
            if known and not known.draft:
                return FOUND
            # Also for what is a draft still: a copy that was sent says more.
            found = drafts.search(at, access, attempt.internet_message_id)
        except Withheld as error:
            raise refusal.spread(error, token) or error from error.__cause__
        return _told(known, found, attempt)


def _told(
    draft: Found | None, found: list[Found], attempt: Attempt
) -> Accepted | NotSent | Unknown:
    """Tell what is known of a message from those in the mailbox with its Message-ID.

    A copy that the mailbox received counts as well; what was there before does not, and
    nothing does if it may be another message of ours.
    """
    fresh = drafted.fresh(found, attempt.accepted_at)
    left = [each for each in fresh if each.draft]
    # Asked last: the other may have come, and gone, while it was searched for.
    if len(left) < len(fresh) and not namesakes.exist(attempt):
        return FOUND
    if draft or attempt.draft_id in {each.id for each in left}:
        # Another draft is one that was not found in time: it says nothing of this one.
        return NotSent(draft_id=attempt.draft_id)
    if len(left) < len(fresh):
        return unknown(NAMESAKES)
    return unknown(AMONG_DRAFTS if left else NOT_FOUND)


def _reads(token: Token, about: Parcel | Attempt) -> bool:
    """Tell whether we may read the mailbox: it is granted, and switched on.

    What an application may do nobody can tell: whether it is granted shows when it is
    tried.
    """
    if token.connection is None:
        return about.large_attachments
    return about.large_attachments and scopes.reads(token.connection.scopes)


def _pinned(parcel: Parcel) -> Token:
    """Return a token of the connection that a parcel is pinned to, or none.

    A reconnection in between may have brought another mailbox.
    """
    return _same(parcel.connection_id, parcel.account_id)


def _same(connection_id: UUID | None, account_id: UUID) -> Token:
    token = _token(account_id)
    if token.connection_id != connection_id:
        raise CONNECTED_ANEW.error()
    return token


def _token(account_id: UUID) -> Token:
    return spending.spent(partial(tokens.current, account_id))


def _spend(token: Token, call: Callable[[Token], T], renew: Callable[[], Token]) -> T:
    """Call with a token; one that is refused is renewed, and the call repeated.

    So is one that does not let do it, once: what is granted stands in a token, and that
    may be older than the permission. Raises what the last call does.
    """
    renewed_at, denied = -math.inf, False
    while True:
        try:
            return call(token)
        except graph.TokenRefused:
            if clock.seconds() < renewed_at + FRESH_SECONDS:
                raise
            # A large message may take longer than a token lives.
            tokens.spoil(token)
        except (Deferred, Withheld) as error:
            if error.cause not in DENIED:
                raise
            # Of a young consent the next one may say more at any moment.
            if not tokens.spoil(token, timedelta() if token.young else NEW) or denied:
                raise
            denied = True
        token, renewed_at = renew(), clock.seconds()


def _travel(road: Road, token: Token, parcel: Parcel) -> Accepted:
    try:
        return road(token.access)
    except Withheld as error:
        raise refusal.explained(error, token, parcel) from error.__cause__
