"""Files on their way into a draft: how far each has come, so that it can go on there.

Which files go beside a draft is planned before it is made, and holds for as long as it
is there: what its MIME message brings depends on it. What Microsoft has taken is
written down range by range. The address that a file is sent to lets anybody write
there, so it is sealed with the key of its message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, db, vault

LATELY = timedelta(minutes=2)  # longer than a range may take


class TransferRow(db.Table):
    """One file of one message, into its draft."""

    __tablename__ = "transfer"

    message_id: Mapped[UUID] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    inside: Mapped[int | None]  # files that the draft had got before the first of these
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    sealed_url: Mapped[bytes | None]
    expires_at: Mapped[datetime | None]  # the address, by Microsoft's word
    resumed_at: Mapped[datetime | None]  # when it went on last
    resumed_with: Mapped[int] = mapped_column(BigInteger)  # received by then
    moved_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """How far a file has come, in bytes of its content."""

    part: int  # number of the attachment
    size: int
    received: int = 0
    url: str = field(default="", repr=False)  # where the rest goes; "": not asked for
    expires_at: datetime | None = None
    inside: int | None = None  # files that the draft brought itself; None: not counted

    @property
    def done(self) -> bool:
        return self.received >= self.size


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the files of a message have come, in bytes."""

    done: int
    total: int
    per_second: int | None  # None if nothing has moved lately

    @property
    def percent(self) -> float:
        return round(100 * self.done / self.total, 1) if self.total else 100.0

    @property
    def seconds_left(self) -> int | None:
        if not self.per_second:
            return None
        return -(-(self.total - self.done) // self.per_second)


def plan(session: Session, message_id: UUID, sizes: Mapping[int, int]) -> None:
    """Note which files go beside a new draft, by number and bytes; forget any other."""
    gone = delete(TransferRow).where(TransferRow.message_id == message_id)
    session.execute(gone)
    for part, size in sizes.items():
        row = TransferRow(
            message_id=message_id, part=part, size=size, received=0, resumed_with=0
        )
        session.add(row)


def enclose(session: Session, message_id: UUID, inside: int) -> None:
    """Note how many files the draft has got before the first of these."""
    these = update(TransferRow).where(TransferRow.message_id == message_id)
    session.execute(these.values(inside=inside))


def go_on(session: Session, message_id: UUID, key: bytes, transfer: Transfer) -> None:
    """Note that a file goes on from here, to this address; `key` is the message's."""
    row = session.get_one(TransferRow, (message_id, transfer.part))
    row.sealed_url = vault.seal_with(key, transfer.url.encode(), _about(row))
    row.expires_at = transfer.expires_at
    row.received = row.resumed_with = transfer.received
    # What went before does not count for its pace.
    row.resumed_at = row.moved_at = clock.now()


def advance(session: Session, message_id: UUID, part: int, received: int) -> None:
    """Note that so many bytes of a file have come; of a whole one, nothing else."""
    row = session.get_one(TransferRow, (message_id, part))
    row.received, row.moved_at = received, clock.now()
    if received >= row.size:
        row.sealed_url = row.expires_at = None


def of(session: Session, message_id: UUID, key: bytes) -> tuple[Transfer, ...]:
    """Return how far each file has come that goes beside, in the order of numbers."""
    return tuple(_told(row, key) for row in _rows(session, message_id))


def progress(session: Session, message_id: UUID) -> Progress | None:
    """Tell how far the files of a message are; None if none goes by itself."""
    rows = _rows(session, message_id)
    if not rows:
        return None
    return Progress(
        done=sum(row.received for row in rows),
        total=sum(row.size for row in rows),
        per_second=next((_pace(row) for row in rows if _moving(row)), None),
    )


def _rows(session: Session, message_id: UUID) -> list[TransferRow]:
    rows = select(TransferRow).where(TransferRow.message_id == message_id)
    return list(session.scalars(rows.order_by(TransferRow.part)))


def _moving(row: TransferRow) -> bool:
    lately = row.moved_at is not None and row.moved_at > clock.now() - LATELY
    return 0 < row.received < row.size and lately


def _pace(row: TransferRow) -> int | None:
    """Tell how many bytes a second it has moved since it went on."""
    if row.resumed_at is None or row.moved_at is None:
        return None
    seconds = (row.moved_at - row.resumed_at).total_seconds()
    moved = row.received - row.resumed_with
    return round(moved / seconds) if seconds > 0 and moved > 0 else None


def _told(row: TransferRow, key: bytes) -> Transfer:
    return Transfer(
        part=row.part,
        size=row.size,
        received=row.received,
        url=_url(row, key),
        expires_at=row.expires_at,
        inside=row.inside,
    )


def _url(row: TransferRow, key: bytes) -> str:
    if row.sealed_url is None:
        return ""
    return vault.unseal_with(key, row.sealed_url, _about(row)).decode()


def _about(row: TransferRow) -> str:
    return f"upload {row.message_id} {row.part}"
