"""When the application's own token was fetched: a newer one would say the same."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    since = sa.Column("fetched_at", sa.DateTime(timezone=True))
    op.add_column("application_token", since)
