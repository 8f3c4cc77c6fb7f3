"""Failed together: which requests were on their way when a mailbox failed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("lane", moment)
