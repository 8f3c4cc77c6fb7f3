"""Forget how trips ended: older versions kept it without what the issuer said."""

from alembic import op
from sqlalchemy import text

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(text("UPDATE trip SET ending = NULL"))
