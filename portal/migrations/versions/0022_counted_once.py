"""Counted once: a decision about many has one entry, and tells what it sent on."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COUNTED = "decision IS NOT NULL"
ONE_LINE = ["decision", "actor", "action", "subject"]
SAME = " AND ".join(f"other.{name} = audit.{name}" for name in ONE_LINE)


def upgrade() -> None:
    op.add_column("message", sa.Column("resumed_by", sa.Uuid(), nullable=True))
    op.execute(
        "UPDATE audit SET times = (SELECT SUM(other.times) FROM audit AS other"  # noqa: S608
        f" WHERE {SAME}) WHERE {COUNTED}"
    )
    op.execute(
        f"DELETE FROM audit WHERE {COUNTED}"  # noqa: S608
        f" AND EXISTS (SELECT 1 FROM audit AS other WHERE {SAME}"
        " AND other.id < audit.id)"
    )
    op.drop_index("ix_audit_decision", "audit")
    op.create_index(
        "uq_audit_decision",
        "audit",
        ONE_LINE,
        unique=True,
        sqlite_where=sa.text(COUNTED),
        postgresql_where=sa.text(COUNTED),
    )
