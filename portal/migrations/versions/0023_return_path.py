"""The return address of the envelope that a message came in."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("return_path", sa.String(), nullable=True))
