"""Every way in and out: what a key may do, and SMTP servers that mail leaves by."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
BROUGHT = sa.text("key_id IS NOT NULL")
LINED_UP = sa.text("key_id IS NOT NULL AND state = 'queued'")
MOVABLE = sa.text(
    "fallback = 'open' AND due_at IS NOT NULL AND NOT draft_begun AND repeats = 0"
)


def upgrade() -> None:
    _keys()
    _connectors()
    _accounts()
    _fallback()


def _keys() -> None:
    for name in ("accounts", "senders"):
        listed = sa.Column(name, sa.JSON(), nullable=False, server_default="[]")
        op.add_column("api_key", listed)
    op.add_column("api_key", sa.Column("per_minute", sa.Integer(), nullable=True))
    op.add_column("api_key", sa.Column("max_size", sa.BigInteger(), nullable=True))
    for name in ("full_at", "used_at"):
        op.add_column("api_key", sa.Column(name, TIME, nullable=True))
    _index("ix_message_brought", ["key_id", "state", "id"], BROUGHT)
    _index("ix_message_lined_up", ["key_id", "account_id", "id"], LINED_UP)


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        name, "message", columns, sqlite_where=where, postgresql_where=where
    )


def _connectors() -> None:
    op.create_table(
        "connector",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connector"),
        sa.UniqueConstraint("name", name="uq_connector_name"),
    )


def _accounts() -> None:
    for name in ("reply_to", "return_path", "confirmation"):
        _word("account", name)
    for name in ("read_confirmation", "force", "footer"):
        switch: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column("account", switch)
    for name in ("footer_text", "footer_html"):
        _word("account", name)
    op.add_column("account", sa.Column("fallback_id", sa.Uuid(), nullable=True))
    op.add_column("account", sa.Column("removed_at", TIME, nullable=True))
    trial: sa.Column[bool] = sa.Column(
        "trial", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("account", trial)
    _word("lane", "tariff", "graph")
    op.add_column("message", sa.Column("part_of", sa.Uuid(), nullable=True))
    op.add_column("content", sa.Column("chunks_of", sa.Uuid(), nullable=True))
    shared = sa.text("chunks_of IS NOT NULL")
    op.create_index(
        "ix_content_chunks_of",
        "content",
        ["chunks_of"],
        sqlite_where=shared,
        postgresql_where=shared,
    )
    op.create_table(
        "smtp_server",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(), nullable=False),
        sa.Column("authentication", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("sealed_password", sa.LargeBinary(), nullable=True),
        sa.Column("ignore_certificate", sa.Boolean(), nullable=False),
        sa.Column(
            "use_connector", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
        sa.Column("connector_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connector_id"], ["connector.id"], name="fk_smtp_server_connector_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_smtp_server_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_smtp_server"),
    )


def _fallback() -> None:
    _word("message", "fallback")
    op.add_column("message", sa.Column("fallback_of", sa.Uuid(), nullable=True))
    _index("ix_message_movable", ["account_id", "priority", "due_at"], MOVABLE)
    op.create_table(
        "orphan",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("draft_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_orphan"),
    )
    op.create_index("ix_orphan_account_id", "orphan", ["account_id"])


def _word(table: str, name: str, default: str = "") -> None:
    word = sa.Column(name, sa.String(), nullable=False, server_default=default)
    op.add_column(table, word)
