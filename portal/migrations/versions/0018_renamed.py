"""Renamed: From that was a mailbox's own before it was called otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    left = sa.Column("renamed_from", sa.String(), nullable=False, server_default="")
    op.add_column("connection", left)
