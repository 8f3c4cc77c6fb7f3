"""Causes: by which explanation a message waits, an account is held, a sign-in ended."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CAUSES = {"message": "cause", "feed": "held_cause", "connection": "trouble_cause"}


def upgrade() -> None:
    for table, name in CAUSES.items():
        word = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column(table, word)
