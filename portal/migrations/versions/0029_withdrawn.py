"""What of a consent its issuer grants no longer."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    gone = sa.Column("withdrawn", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("connection", gone)
