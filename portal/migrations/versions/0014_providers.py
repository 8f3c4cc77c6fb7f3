"""Providers: who signs in the user of an SMTP account, and as which OAuth client."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, before in {"provider": "microsoft", "client_id": ""}.items():
        word = sa.Column(name, sa.String(), nullable=False, server_default=before)
        op.add_column("smtp_server", word)
    secret = sa.Column("sealed_client_secret", sa.LargeBinary(), nullable=True)
    op.add_column("smtp_server", secret)
