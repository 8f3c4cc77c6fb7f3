"""When a change was approved, for a consent so young may not be seen everywhere."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    since = sa.Column("approved_at", sa.DateTime(timezone=True))
    op.add_column("pending_change", since)
