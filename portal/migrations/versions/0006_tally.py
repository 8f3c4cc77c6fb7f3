"""The tally: how often what has happened, added up from the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KEY = ("span", "since", "account_id", "kind", "name", "cause")
STUCK = sa.text("state IN ('held', 'unconfirmed')")


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("span", sa.String(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_tally"),
    )
    op.create_table(
        "tally_place",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tally_place"),
    )
    # Whatever is counted of what needs a human is read from the index alone.
    op.drop_index("ix_message_stuck", "message")
    op.create_index(
        "ix_message_stuck",
        "message",
        ["state", "account_id", "accepted_at", "resent_as"],
        sqlite_where=STUCK,
        postgresql_where=STUCK,
    )
