"""Clients: several may come back to one Redirect URI, as accounts of Google do."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("redirect") as redirect:
        redirect.drop_constraint("pk_redirect", type_="primary")
        redirect.create_primary_key("pk_redirect", ["uri", "origin"])
