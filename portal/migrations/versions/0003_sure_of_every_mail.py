"""Sure of every mail: look-ups, budgets, time to live, retention, daily renewal."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _let_messages_be_found_out()
    _let_contents_be_erased()
    _let_lanes_be_budgeted()
    op.add_column("feed", sa.Column("per_minute", sa.Integer()))
    for name in ("flowing_since", "attended_at"):
        op.add_column("feed", sa.Column(name, TIME))
    op.add_column("account", _text("when_unsure", "ask"))
    op.add_column("connection", sa.Column("tried_at", TIME))


def _let_messages_be_found_out() -> None:
    op.add_column("message", sa.Column("look_at", TIME))
    op.add_column("message", _text("draft_id"))
    for name in ("began", "draft_begun"):
        op.add_column("message", _flag(name, sa.false()))
    op.add_column("message", sa.Column("refused_at", TIME))
    for name in ("recipients", "lost", "repeats", "unheard"):
        op.add_column("message", _number(name))
    for name in ("resent_as", "copy_of"):
        op.add_column("message", sa.Column(name, sa.Uuid()))
    _index("ix_message_looking", ["look_at"], "look_at IS NOT NULL")
    op.create_index(
        "ix_message_internet_message_id", "message", ["internet_message_id"]
    )
    # What is in doubt does not expire.
    op.drop_index("ix_message_expiring", "message")
    unsent = "expires_at IS NOT NULL AND state IN ('queued', 'held') AND NOT doubted"
    _index("ix_message_expiring", ["expires_at"], unsent)
    # A doubt waits for nothing that what is due waits for.
    op.execute("UPDATE message SET look_at = due_at, due_at = NULL WHERE doubted")
    op.execute(
        'UPDATE message SET recipients = json_array_length("to")'
        " + json_array_length(cc) + json_array_length(bcc)"
    )


def _let_contents_be_erased() -> None:
    op.add_column("message", _flag("kept", sa.true()))
    ended = "finished_at IS NOT NULL AND"
    _index("ix_message_kept", ["finished_at"], f"{ended} kept")
    _index("ix_message_erased", ["finished_at"], f"{ended} NOT kept")
    _index("ix_content_erased", ["message_id"], "sealed_key IS NULL", "content")


def _let_lanes_be_budgeted() -> None:
    op.add_column(
        "lane", sa.Column("spent", sa.JSON(), nullable=False, server_default="{}")
    )
    op.add_column("lane", _number("failures"))
    for name in ("rests_until", "claimed_at"):
        op.add_column("lane", sa.Column(name, TIME))


def _index(name: str, columns: list[str], where: str, table: str = "message") -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default=default)


def _flag(name: str, default: sa.ColumnElement[bool]) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=default)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")
