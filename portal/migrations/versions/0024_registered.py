"""When the application was registered is read by nobody; the audit tells it."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("registration", "registered_at")
