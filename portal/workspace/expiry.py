"""Expiry: what ends by itself, how soon, and who can see to it before that.

Everything is read here and now, from database, environment and certificates; nobody
outside is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock, config
from portal.explanations import Who
from portal.microsoft.login import Registration
from portal.net import certificate
from portal.workspace import accounts, connections, registration
from portal.workspace.accounts import places
from portal.workspace.connections import Connection
from portal.workspace.registration import credentials, issuers
from portal.workspace.registration.credentials import Credential

DAY = timedelta(days=1)
STEPS = (60, 30, 14, 7, 1, 0)  # days left at which somebody is warned; 0: it is over
SETUP = "/setup"


class Kind(StrEnum):
    """What ends."""

    SECRET = "client secret"  # noqa: S105 - its name
    CERTIFICATE = "client certificate"
    DOOR = "SMTP certificate"  # of our own SMTP door
    SIGN_IN = "sign-in"  # of a mailbox's user


@dataclass(frozen=True, kw_only=True)
class Ending:
    """When something ends, and what to do about it; sentences are in English."""

    kind: Kind
    subject: str  # which one: an application's ID, an account's name, an address
    account_id: UUID | None = None
    ends_at: datetime | None  # None: nobody has said
    days: int | None  # begun ones that are left; 0 or less: it is over
    steps: tuple[int, ...] = STEPS
    sentence: str
    then: str  # what it means
    remedy: str
    who: Who
    link: str = ""  # where in the pages; "" if only the operator can do it

    @property
    def step(self) -> int | None:
        """Return the step of the warning that is due; None as long as none is."""
        if self.days is None:
            return None
        return min((step for step in self.steps if step >= self.days), default=None)


@dataclass(frozen=True)
class Words:
    """What is said of an end; `day` and `subject` are filled in."""

    ends: str
    ended: str
    then: str
    unknown: str = ""


NO_TOKENS = (
    "From then on Microsoft gives this portal no tokens, and mail by Microsoft 365 is"
    " held."
)
WORDS = {
    Kind.SECRET: Words(
        "The application's client secret ends on {day}.",
        "The application's client secret has ended on {day}.",
        NO_TOKENS,
        "Nobody has said when the application's client secret ends.",
    ),
    Kind.CERTIFICATE: Words(
        "The application's certificate ends on {day}.",
        "The application's certificate has ended on {day}.",
        NO_TOKENS,
        "When the application's certificate ends cannot be read from it.",
    ),
    Kind.DOOR: Words(
        "The certificate of the SMTP door ends on {day}.",
        "The certificate of the SMTP door has ended on {day}.",
        "From then on programs that check it hand in no mail.",
    ),
    Kind.SIGN_IN: Words(
        "The sign-in of {subject} ends on {day}, because it could not be renewed.",
        "The sign-in of {subject} has ended on {day}: it could not be renewed.",
        "From then on its mail is held until somebody signs in again.",
    ),
}
RENEW = (
    "Make a new one in Entra, under Certificates & secrets, and enter it under App"
    " registration."
)
RENEW_THERE = (
    "Make a new one in Entra, under Certificates & secrets, set it in the environment"
    " of this portal, and start it again."
)
SAY = "Entra shows it under Certificates & secrets. Enter it under App registration."
SAY_THERE = (
    "Entra shows it under Certificates & secrets. Set it as"
    " PORTAL_CLIENT_SECRET_EXPIRES."
)
RENEW_DOOR = (
    "Put a new one where PORTAL_SMTP_CERTIFICATE says; a file is read anew by itself."
)
RENEW_SIGN_IN = "The log says why renewing fails. Sign in again before that day."


def warnings(session: Session, now: datetime | None = None) -> list[Ending]:
    """Return what somebody is warned of now, the soonest first."""
    return [each for each in known(session, now) if each.step is not None]


def known(session: Session, now: datetime | None = None) -> list[Ending]:
    """Return all that ends some day, the soonest first; last what nobody knows of."""
    now = now or clock.now()
    return sorted(
        [*_of_application(session, now), *_sign_ins(session, now)], key=_soonest
    )


def of_application(session: Session) -> list[Ending]:
    """Return the same, but for sign-ins."""
    return sorted(_of_application(session, clock.now()), key=_soonest)


def of_door(now: datetime | None = None) -> Ending | None:
    """Tell of the certificate that the SMTP door shows, if it is on this machine."""
    settings, now = config.current(), now or clock.now()
    given = settings.smtp_certificate
    read = certificate.shown(given, settings.instance) if given else None
    if read is None:
        return None
    where = str(settings.smtp_bind)
    return Ending(
        kind=Kind.DOOR,
        subject=where,
        ends_at=read.ends_at,
        days=_days(read.ends_at, now),
        steps=_steps(read.lifetime),
        sentence=_sentence(Kind.DOOR, where, read.ends_at, now),
        then=WORDS[Kind.DOOR].then,
        remedy=RENEW_DOOR,
        who=Who.OPERATOR,
    )


def _of_application(session: Session, now: datetime) -> list[Ending]:
    chosen, door = registration.current(session), of_door(now)
    found = [door] if door else []
    if chosen:
        used, *_ = registration.proofs(session)
        found.append(_credential(chosen, used, now))
    return found


def _soonest(ending: Ending) -> tuple[bool, datetime]:
    return ending.ends_at is None, ending.ends_at or datetime.max.replace(tzinfo=UTC)


def _credential(chosen: Registration, used: Credential, now: datetime) -> Ending:
    there = used.since is None  # in the environment
    kind = Kind(used.kind.value)
    unknown = used.kind == credentials.Kind.SECRET and used.ends_at is None
    renew, say = (RENEW_THERE, SAY_THERE) if there else (RENEW, SAY)
    return Ending(
        kind=kind,
        subject=chosen.client_id,
        ends_at=used.ends_at,
        days=_days(used.ends_at, now),
        sentence=_sentence(kind, chosen.client_id, used.ends_at, now),
        then=WORDS[kind].then,
        remedy=say if unknown else renew,
        who=Who.OPERATOR,
        link="" if there else SETUP,
    )


def _steps(lifetime: timedelta) -> tuple[int, ...]:
    """Warn of what renews itself only once it should have: with a third of it left.

    https://letsencrypt.org/docs/integration-guide/
    """
    return tuple(step for step in STEPS if step * DAY < lifetime / 3)


def _sign_ins(session: Session, now: datetime) -> Iterator[Ending]:
    """Tell of each sign-in in use; one that was refused has ended already."""
    made = connections.every(session)
    known = [each for each in accounts.every(session) if each.id in made]
    pages = places.repairs(session, known)
    asked = issuers.several(session, known)
    for account in known:
        connection, issuer = made[account.id], asked[account.id]
        good = issuer and connections.belongs(connection, issuer)
        if issuer and good and not connection.trouble:
            ends_at = connection.renewed_at + issuer.forgets_after
            yield _sign_in(connection, ends_at, pages[account.id], now)


def _sign_in(
    connection: Connection, ends_at: datetime, page: str, now: datetime
) -> Ending:
    return Ending(
        kind=Kind.SIGN_IN,
        subject=connection.called,
        account_id=connection.account_id,
        ends_at=ends_at,
        days=_days(ends_at, now),
        sentence=_sentence(Kind.SIGN_IN, connection.called, ends_at, now),
        then=WORDS[Kind.SIGN_IN].then,
        remedy=RENEW_SIGN_IN,
        who=Who.WORKSPACE,
        link=page,
    )


def _days(ends_at: datetime | None, now: datetime) -> int | None:
    return None if ends_at is None else -((now - ends_at) // DAY)


def _sentence(kind: Kind, subject: str, ends_at: datetime | None, now: datetime) -> str:
    words = WORDS[kind]
    if ends_at is None:
        return words.unknown
    shape = words.ends if ends_at > now else words.ended
    return shape.format(day=f"{ends_at:%Y-%m-%d}", subject=subject)
