"""By which explanation the last trip for a change failed."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    word = sa.Column("trouble_cause", sa.String(), nullable=False, server_default="")
    op.add_column("pending_change", word)
