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


def upgrade() -> None:
    _keys()
    _accounts()


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


def _accounts() -> None:
    """Nothing yet."""
