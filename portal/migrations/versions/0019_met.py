"""Met: when a trouble that other machines may not see was last seen by one."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "incident", sa.Column("met_at", sa.DateTime(timezone=True), nullable=True)
    )
