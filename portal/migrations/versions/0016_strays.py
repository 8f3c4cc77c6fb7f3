"""Strays: drafts that were asked for, and whose ids nobody knows."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
UNNAMED = sa.text("unnamed_since IS NOT NULL")


def upgrade() -> None:
    op.add_column("message", sa.Column("unnamed_since", TIME, nullable=True))
    op.create_index(
        "ix_message_unnamed",
        "message",
        ["unnamed_since"],
        sqlite_where=UNNAMED,
        postgresql_where=UNNAMED,
    )
    op.create_table(
        "stray",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("internet_message_id", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("look_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "mailbox", name="pk_stray"),
    )
    op.create_index("ix_stray_account_id", "stray", ["account_id"])
