"""Any mail: files on their way into drafts, what is held for what, an application."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
NEEDY = sa.text("needs <> ''")
LEFT = sa.text(
    "draft_id <> '' AND NOT draft_begun AND state IN ('failed', 'cancelled')"
)


def upgrade() -> None:
    needs = sa.Column("needs", sa.String(), nullable=False, server_default="")
    op.add_column("message", needs)
    decides = sa.Column(
        "envelope", sa.String(), nullable=False, server_default="rewrite"
    )
    op.add_column("account", decides)
    _index("ix_message_needy", ["account_id"], NEEDY)
    _index("ix_message_left", ["finished_at"], LEFT)
    op.create_table(
        "transfer",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inside", sa.Integer(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("sealed_url", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("resumed_at", TIME, nullable=True),
        sa.Column("resumed_with", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name="fk_transfer_message_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("message_id", "part", name="pk_transfer"),
    )
    _application()


def _application() -> None:
    permission = sa.Column(
        "permission", sa.String(), nullable=False, server_default="delegated"
    )
    op.add_column("account", permission)
    senders = sa.Column("senders", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("account", senders)
    op.add_column("account", sa.Column("proven_at", TIME, nullable=True))
    op.create_table(
        "application_token",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_access", sa.LargeBinary(), nullable=False),
        sa.Column("access_until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_application_token"),
    )


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        name, "message", columns, sqlite_where=where, postgresql_where=where
    )
