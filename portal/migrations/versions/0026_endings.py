"""How a trip ended is kept with all that the issuer said, for those to come."""

from alembic import op
from sqlalchemy import text

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(text("UPDATE trip SET ending = NULL"))
