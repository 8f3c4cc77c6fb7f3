"""In force: what each attempt was made with, and how its line is found."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
TOLD = "event NOT IN ('accepted', 'sending', 'sent')"
INDEXES = {
    "told": (["id"], TOLD),
    "event": (["event", "id"], TOLD),
    "account_id": (["account_id", "id"], TOLD),
    "topic": (["topic", "id"], "topic <> ''"),
    "request_id": (["request_id"], "request_id <> ''"),
}
TAKEN_OUT = ("cause", "code", "request_id")


def upgrade() -> None:
    _journal()
    _snapshots()


def _journal() -> None:
    op.add_column("journal", sa.Column("status", sa.Integer(), nullable=True))
    for name in (*TAKEN_OUT, "topic"):
        word = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("journal", word)
    op.add_column("journal", sa.Column("snapshot", sa.String(), nullable=True))
    _take_out()
    for name, (columns, where) in INDEXES.items():
        op.create_index(
            f"ix_journal_{name}",
            "journal",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def _take_out() -> None:
    """Fill the columns with what was kept in the detail of a line before."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    said = "json_extract(detail, '$.{}')" if on_sqlite else "(detail ->> '{}')"
    words = ", ".join(
        f"{name} = COALESCE({said.format(name)}, '')" for name in TAKEN_OUT
    )
    op.execute(
        f"UPDATE journal SET status = CAST({said.format('status')} AS INTEGER),"  # noqa: S608
        f" {words} WHERE CAST(detail AS VARCHAR) <> '{{}}'"
    )
    # Before there were causes, only Microsoft's sign-in could be told by its code.
    op.execute("UPDATE journal SET topic = 'oauth' WHERE code LIKE 'AADSTS%'")


def _snapshots() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
    )
