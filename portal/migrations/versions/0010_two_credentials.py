"""Two credentials: each has a row and an end of its own, and two may live at once.

The registration's columns become rows, sealed as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COLUMNS = {
    "sealed_secret": "client secret",
    "sealed_certificate": "client certificate",
}
MOVE = (
    "INSERT INTO credential (id, kind, sealed, since)"
    " SELECT 1, '{kind}', {column}, registered_at FROM registration"
    " WHERE {column} IS NOT NULL"
)


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("since", TIME, nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("refused_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
    )
    for column, kind in COLUMNS.items():
        op.execute(MOVE.format(column=column, kind=kind))
        op.drop_column("registration", column)
