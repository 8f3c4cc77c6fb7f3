"""The settings page: sessions, admins, setup links; changes that wait for consent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("account", sa.Column("reset_at", TIME, nullable=True))
    op.add_column("account", sa.Column("changed_at", TIME, nullable=True))
    op.add_column("account", _text("changed_by"))
    op.add_column("feed", _text("held_command"))
    _let_mail_grow_old()
    _let_changes_wait()
    _let_trips_be_told()
    _let_people_in()


def _let_mail_grow_old() -> None:
    for name in ("overdue_at", "resumed_at"):
        op.add_column("message", sa.Column(name, TIME, nullable=True))
    _index("ix_message_overdue", ["account_id", "overdue_at"], "overdue_at IS NOT NULL")
    # What is held may be out of time as well.
    op.drop_index("ix_message_expiring", "message")
    unsent = "expires_at IS NOT NULL AND state IN ('queued', 'held')"
    _index("ix_message_expiring", ["expires_at"], unsent)


def _let_changes_wait() -> None:
    op.add_column("pending_change", _flag("large_attachments"))
    op.add_column("pending_change", _flag("by_operator"))
    op.add_column("pending_change", _flag("approval_refused"))
    op.add_column("pending_change", sa.Column("approved_for", sa.String()))
    op.add_column("pending_change", sa.Column("proposed", sa.JSON()))
    for name in ("approval_fingerprint", "sealed_proposal"):
        op.add_column("pending_change", sa.Column(name, sa.LargeBinary()))
    op.create_index(
        "ix_pending_change_approval_fingerprint",
        "pending_change",
        ["approval_fingerprint"],
        unique=True,
    )
    # Until now there was one way to ask: the operator's.
    op.execute("UPDATE pending_change SET by_operator = true")


def _let_trips_be_told() -> None:
    # They live for ten minutes, and whoever is on one opens the link again.
    op.drop_table("trip")
    op.create_table(
        "trip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("browser_fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.Column("ending", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trip")),
        sa.UniqueConstraint(
            "state_fingerprint", name=op.f("uq_trip_state_fingerprint")
        ),
    )
    op.create_index("ix_trip_expires_at", "trip", ["expires_at"])


def _let_people_in() -> None:
    op.create_table(
        "session",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("tid", sa.String(), nullable=False),
        sa.Column("oid", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("has_role", sa.Boolean(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_session")),
    )
    op.create_table(
        "admin",
        sa.Column("tid", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("oid", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tid", "address", name=op.f("pk_admin")),
    )
    op.create_table(
        "setup_link",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_setup_link")),
    )


def _index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        "message",
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default="")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
