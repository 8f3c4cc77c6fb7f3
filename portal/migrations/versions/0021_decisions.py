"""Decisions: one entry of the audit for what a person decides about many things."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("decision", sa.Uuid(), nullable=True))
    op.add_column(
        "audit", sa.Column("times", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_audit_decision",
        "audit",
        ["decision"],
        sqlite_where=sa.text("decision IS NOT NULL"),
        postgresql_where=sa.text("decision IS NOT NULL"),
    )
