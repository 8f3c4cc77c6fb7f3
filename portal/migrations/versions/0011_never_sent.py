"""Never sent: an index of what failed or was cancelled, so that it is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEVER_SENT = sa.text("state IN ('failed', 'cancelled')")


def upgrade() -> None:
    op.create_index(
        "ix_message_never_sent",
        "message",
        ["state", "id"],
        sqlite_where=NEVER_SENT,
        postgresql_where=NEVER_SENT,
    )
