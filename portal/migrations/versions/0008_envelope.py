"""The envelope: whether the header of a mail named others than that."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    differs: sa.Column[bool] = sa.Column(
        "differs", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("message", differs)
