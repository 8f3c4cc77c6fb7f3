"""The page of API keys: what one may do is limited, and changed."""

from uuid import uuid4

import pytest

from portal import db
from portal.workspace.people import keys
from portal.workspace.people.limits import Limits
from tests.trip import ANN
from tests.web.browsing import Browser, heading, value, words
from tests.web.keys import HOSTILE, audited, default, every, limits, make, post

PORTUGUESE = {"Accept-Language": "pt-BR"}


def test_limits_are_kept_shown_and_audited(ann: Browser) -> None:
    page = post(
        ann,
        name="Billing",
        accounts=str(default().id),
        senders=f"{ANN}, fabrikam.example\n{ANN}",
        per_minute="1,200",
        max_size="2.5",
    )

    [key] = every()
    assert key.limits == Limits(
        accounts=(default().id,),
        senders=(ANN, "@fabrikam.example"),
        per_minute=1200,
        max_size=2_500_000,
    )
    for told in (
        "Account: default",
        f"From: {ANN}, any address @fabrikam.example",
        "1,200 messages a minute",
        "Up to 2.5 MB a message",
    ):
        assert told in words(page)
    assert audited() == [", ".join(["created key", *key.limits.told([default()])])]


WHOLE = "Type a whole number from 1 to 1,000,000, or leave it empty."
SIZE = "Type a number of MB, or leave it empty; the portal takes 200.0 MB at most."


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", " ", "Please name the application that will use it."),
        ("name", "x" * 101, "A name has 1 to 100 printable characters."),
        ("name", "a\u202eb", "A name has 1 to 100 printable characters."),
        ("accounts", "5", "This account is not there any more."),
        ("senders", "nobody@", "“nobody@” is neither an address nor a domain."),
        ("senders", HOSTILE, "is neither an address nor a domain."),
        *(("per_minute", typed, WHOLE) for typed in ("0", "-1", "1.5", "x", "9" * 99)),
        *(("max_size", typed, SIZE) for typed in ("0", "2,5", "inf", "1e3", "201")),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    ann: Browser, field: str, typed: str, told: str
) -> None:
    right = {"name": "Billing", "senders": ANN, "per_minute": "60", "max_size": "2.5"}

    page = post(ann, **{**right, field: typed})

    assert page.status_code == 422
    before, _, after = page.text.partition(f'id="{field}-error"')
    assert told in words(page)
    assert told in after.partition("</p>")[0]
    assert all(kept in before + after for name, kept in right.items() if name != field)
    assert "<img" not in page.text
    assert every() == []


def test_a_number_is_read_as_its_writer_means_it(ann: Browser) -> None:
    form = {"name": "Billing", "max_size": "2,5", "per_minute": "1.200"}

    page = ann.post("/keys", form, form_at="/keys", **PORTUGUESE)

    assert "Copie-a agora" in words(page)
    assert every()[0].limits == Limits(per_minute=1200, max_size=2_500_000)


def test_limits_are_changed_from_the_next_message_on(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60, max_size=1_234_567))
    page = ann.get(f"/keys/{key.id}/limits")
    assert (value(page, "per_minute"), value(page, "max_size")) == ("60", "1.234567")

    done = limits(ann, key, senders=ANN)

    assert done.headers["Location"] == "/keys"
    assert every()[0].limits == Limits(senders=(ANN,))
    assert audited() == [f"changed key: from {ANN}"]


def test_saving_what_is_in_force_changes_nothing(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60))

    limits(ann, key, per_minute="60")

    assert audited() == []


def test_wrong_limits_are_told_and_change_nothing(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60))

    page = limits(ann, key, per_minute="many", senders=ANN)

    assert page.status_code == 422
    assert heading(page) == "Limits of Billing"
    assert WHOLE in words(page)
    assert ANN in page.text
    assert every() == [key]


def test_who_is_overtaken_is_told_what_is_in_force(ann: Browser) -> None:
    key, _ = make(limits=Limits(per_minute=60))
    seen = value(ann.get(f"/keys/{key.id}/limits"), "seen")
    with db.session() as session:
        keys.limit(session, key.name, Limits(per_minute=5))
    # Not even a slip in between makes the older form look like the newer one.
    slip = post(ann, f"/keys/{key.id}/limits", seen=seen, per_minute="x")

    page = limits(ann, key, per_minute="90", seen=value(slip, "seen"))

    assert page.status_code == 409
    assert "somebody changed this key meanwhile" in words(page)
    assert "In force now: 5 messages a minute." in words(page)
    assert every()[0].limits.per_minute == 5
    assert (
        limits(ann, key, per_minute="90", seen=value(page, "seen")).status_code == 303
    )


def test_an_account_that_is_gone_stays_a_limit_until_it_is_taken_away(
    ann: Browser,
) -> None:
    gone = uuid4()
    key, _ = make(limits=Limits(accounts=(gone,)))

    page = ann.get(f"/keys/{key.id}/limits")
    limits(ann, key, accounts=str(gone), per_minute="60")

    assert f'value="{gone}" checked' in page.text
    assert "an account that is gone" in words(page)
    assert every()[0].limits == Limits(accounts=(gone,), per_minute=60)
