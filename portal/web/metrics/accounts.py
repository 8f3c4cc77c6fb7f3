"""Figures of accounts: whether they can send, and what ends by itself when."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric

from portal import clock
from portal.db import Session
from portal.mail import lanes
from portal.web.metrics import names
from portal.workspace import accounts, connections, expiry, standing
from portal.workspace.accounts import Account
from portal.workspace.standing import Outline


def families(session: Session) -> Iterator[Metric]:
    """Tell how each account stands."""
    every = accounts.every(session)
    yield from _standings(session, every)
    yield _tokens(session, every)
    yield _ends(session)


def _standings(session: Session, every: list[Account]) -> Iterator[Metric]:
    sends = names.gauge("account_sends", "1 if an account can send now.", "account")
    told = "1 if an account is held: a human must act before it sends."
    held = names.gauge("account_held", told, "account")
    for each in every:
        state = standing.brief(session, each).outline
        hold = lanes.holding(session, each.id)
        sends.add_metric([each.name], state == Outline.CONNECTED and each.enabled)
        held.add_metric([each.name], bool(hold and hold.since))
    yield sends
    yield held


def _tokens(session: Session, every: list[Account]) -> Metric:
    told = "How long ago Microsoft last renewed the sign-in of an account."
    family, now = names.gauge("token_age_seconds", told, "account"), clock.now()
    for each in every:
        if connection := connections.find(session, each.id):
            age = (now - connection.renewed_at).total_seconds()
            family.add_metric([each.name], age)
    return family


def _ends(session: Session) -> Metric:
    told = "When a secret, a certificate or an idle sign-in ends by itself."
    family = names.gauge("expiry_timestamp_seconds", told, "kind", "subject")
    known, soonest = names.of_accounts(session), dict[tuple[str, str], datetime]()
    for each in expiry.known(session):
        subject = known.get(each.account_id, "") if each.account_id else each.subject
        if each.ends_at:
            soonest.setdefault((each.kind, subject), each.ends_at)
    for labels, ends_at in soonest.items():
        family.add_metric(labels, ends_at.timestamp())
    return family
