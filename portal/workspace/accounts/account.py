"""An account: its row, what can be told of it, and what may be chosen for it."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import false, select
from sqlalchemy.orm import Mapped, Session, column_property, mapped_column

from portal import db
from portal.mail import spelling
from portal.mail.outbox import Fallback
from portal.workspace import senders
from portal.workspace.accounts.servers import Authentication, Provider, ServerRow

GRAPH = "graph"
SMTP = "smtp"


class WhenUnsure(StrEnum):
    """What becomes of a message that cannot be confirmed."""

    ASK = "ask"  # a human decides: at most once
    RESEND = "resend"  # it goes again by itself: at least once


class Envelope(StrEnum):
    """What becomes of a mail that names others in its header than in its envelope."""

    REWRITE = "rewrite"  # its header is changed: the envelope decides
    REFUSE = "refuse"


class Permission(StrEnum):
    """By whose right Microsoft lets an account send."""

    DELEGATED = "delegated"  # of a user, who signed in: its connection
    APPLICATION = "application"  # of the registered application itself


class Way(StrEnum):
    """How an account sends: through what, and by whose sign-in."""

    CONSENT = "consent"  # Graph, with the token of a user who signed in
    APPLICATION = "application"  # Graph, with the application's own
    SMTP = "smtp"  # a server that asks nobody who it is
    SMTP_PASSWORD = "smtp password"  # noqa: S105 - a way, no password
    SMTP_APPLICATION = "smtp application"
    SMTP_CONSENT = "smtp consent"


SUBMISSION = {
    Authentication.NONE: Way.SMTP,
    Authentication.PASSWORD: Way.SMTP_PASSWORD,
    Authentication.OAUTH: Way.SMTP_APPLICATION,
    Authentication.CONSENT: Way.SMTP_CONSENT,
}


class AccountRow(db.Table):
    """One account; its connection, if it needs one, lies in `connection`."""

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    transport: Mapped[str]
    sender: Mapped[str | None]  # the From address; None: not decided yet
    is_default: Mapped[bool]
    enabled: Mapped[bool]
    large_attachments: Mapped[bool]
    version: Mapped[int]  # counts every change of these settings
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str]
    reset_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    when_unsure: Mapped[str] = mapped_column(server_default="ask", default="ask")
    envelope: Mapped[str] = mapped_column(server_default="rewrite", default="rewrite")
    permission: Mapped[str] = mapped_column(
        server_default="delegated", default="delegated"
    )
    senders: Mapped[list[str]] = mapped_column(server_default="[]", default=list)
    proven_at: Mapped[datetime | None]  # by application, SMTP: a mail was accepted
    reply_to: Mapped[str] = mapped_column(server_default="", default="")
    return_path: Mapped[str] = mapped_column(server_default="", default="")
    confirmation: Mapped[str] = mapped_column(server_default="", default="")
    read_confirmation: Mapped[bool] = mapped_column(
        server_default=false(), default=False
    )
    force: Mapped[bool] = mapped_column(server_default=false(), default=False)
    footer: Mapped[bool] = mapped_column(server_default=false(), default=False)
    footer_text: Mapped[str] = mapped_column(server_default="", default="")
    footer_html: Mapped[str] = mapped_column(server_default="", default="")
    fallback_id: Mapped[UUID | None]  # the account that takes over
    removed_at: Mapped[datetime | None]  # its finished messages still name it
    # A trial: nobody sees it, and it goes by itself.
    trial: Mapped[bool] = mapped_column(server_default=false(), default=False)
    # How its server learns who sends; None: it has no server.
    authentication: Mapped[str | None] = column_property(
        select(ServerRow.authentication)
        .where(ServerRow.account_id == id)
        .correlate_except(ServerRow)
        .scalar_subquery()
    )
    # Whose sign-in it takes; None: likewise.
    provider: Mapped[str | None] = column_property(
        select(ServerRow.provider)
        .where(ServerRow.account_id == id)
        .correlate_except(ServerRow)
        .scalar_subquery()
    )


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """What an account puts on all of its mail; addresses and texts may be empty."""

    reply_to: str = ""
    return_path: str = ""  # where a server reports what it cannot deliver
    confirmation: str = ""  # where readers confirm, if they are asked to
    read_confirmation: bool = False
    force: bool = False  # it replaces what a message brings, not only what that lacks
    footer: bool = False
    footer_text: str = ""
    footer_html: str = ""


@dataclass(frozen=True, kw_only=True)
class Account:
    """What can be told of an account."""

    id: UUID
    name: str
    transport: str
    sender: str | None
    is_default: bool
    enabled: bool
    large_attachments: bool
    version: int
    changed_at: datetime | None
    changed_by: str
    reset_at: datetime | None
    when_unsure: WhenUnsure
    envelope: Envelope = Envelope.REWRITE
    way: Way = Way.CONSENT
    provider: Provider = Provider.MICROSOFT  # who signs its user in
    senders: tuple[str, ...] = ()  # by application, SMTP: all that it sends as
    proven_at: datetime | None = None
    letterhead: Letterhead = Letterhead()
    fallback_id: UUID | None = None
    trial: bool = False

    @property
    def by_application(self) -> bool:
        return self.way == Way.APPLICATION

    @property
    def by_smtp(self) -> bool:
        return self.transport == SMTP

    @property
    def by_consent(self) -> bool:
        """Tell whether it sends with the sign-in of a user."""
        return self.way in (Way.CONSENT, Way.SMTP_CONSENT)

    @property
    def submits(self) -> bool:
        """Tell whether it signs in at its SMTP server as a user who let it."""
        return self.way == Way.SMTP_CONSENT

    @property
    def configured(self) -> bool:
        """Tell whether an operator says what it sends as, and no user's consent."""
        return self.way != Way.CONSENT

    @property
    def catch_all(self) -> bool:
        """Tell whether it sends from more than one mailbox."""
        return self.by_application and self.senders != (self.sender,)

    @property
    def lane_key(self) -> str:
        """Name the lane of an account that sends by application permission.

        A catch-all feeds one lane for all its mailboxes: it has fewer requests at once
        than Microsoft would allow it, never more.
        """
        whole = f"application/{self.id}"
        return whole if self.catch_all else spelling.folded(self.sender or whole)

    @property
    def fallback(self) -> Fallback:
        """Say whether what it takes may leave by another account."""
        if self.trial:
            return Fallback.NEVER
        return Fallback.OPEN if self.fallback_id else Fallback.NONE

    def sends_as(self, sender: str) -> bool:
        """Tell whether a message may name this From; before one is set, any may.

        Where the account's own replaces it, any may as well.
        """
        if self.letterhead.force and self.sender:
            return True
        if self.configured:
            return senders.hold(self.senders, sender)
        return self.sender is None or spelling.same(sender, self.sender)

    def leaves_as(self, sender: str) -> str | None:
        """Tell which From a message has that names this one, or none ("").

        None: nobody knows yet.
        """
        own = self.sender if self.letterhead.force else None
        return own or sender or self.sender


def locked(session: Session, account_id: UUID) -> AccountRow:
    """Return the row of an account that nobody else changes until the end.

    Locks are taken in one order, or each could wait for the other: who changes
    accounts is alone first, then locks an account, then its feed (`lanes.lock`), then
    messages. Who settles a message, and is never alone, locks the mailbox first; of
    accounts its own, if at all, before its feed, and last a fallback, to share it.
    """
    db.alone(session)
    return session.get_one(AccountRow, account_id, with_for_update=True)


def told(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        transport=row.transport,
        sender=row.sender,
        is_default=row.is_default,
        enabled=row.enabled,
        large_attachments=row.large_attachments,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        reset_at=row.reset_at,
        when_unsure=WhenUnsure(row.when_unsure),
        envelope=Envelope(row.envelope),
        way=_way(row),
        provider=Provider(row.provider or Provider.MICROSOFT),
        senders=tuple(row.senders),
        proven_at=row.proven_at,
        letterhead=Letterhead(
            **{each.name: getattr(row, each.name) for each in fields(Letterhead)}
        ),
        fallback_id=row.fallback_id,
        trial=row.trial,
    )


def _way(row: AccountRow) -> Way:
    if row.transport == SMTP:
        return SUBMISSION[Authentication(row.authentication or Authentication.NONE)]
    by_application = row.permission == Permission.APPLICATION
    return Way.APPLICATION if by_application else Way.CONSENT
