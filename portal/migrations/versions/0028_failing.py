"""Why a mailbox failed last, beside how often in a row."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("failed_reason", "failed_cause"):
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("lane", column)
