"""Retention: for how many days an admin wants content and records to be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_days", sa.Integer(), nullable=False),
        sa.Column("records_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_retention"),
    )
