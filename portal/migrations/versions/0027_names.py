"""What an issuer says that a mailbox's user is called, where it names no address."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = sa.Column("name", sa.String(), nullable=False, server_default="")
    op.add_column("connection", name)
