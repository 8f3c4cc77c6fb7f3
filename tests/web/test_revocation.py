"""The page of API keys: one that is revoked opens nothing."""

from uuid import uuid4

import pytest

from portal.workspace.people.limits import NONE
from tests.web.browsing import Browser, words
from tests.web.keys import audited, every, make, opens, post


def test_revoking_is_asked_for_with_what_stops_working(ann: Browser) -> None:
    key, secret = make("Billing")

    page = ann.get(f"/keys/{key.id}/revocation")

    assert "Revoke Billing?" in words(page)
    assert "the HTTP API answers 401, the SMTP door 535" in words(page)
    assert "It was never used." in words(page)
    assert opens(secret)


def test_a_revoked_key_opens_nothing_and_is_shown_as_revoked(ann: Browser) -> None:
    key, secret = make("Billing")

    page = ann.follow(post(ann, f"/keys/{key.id}/revocation"))

    assert not opens(secret)
    assert "The key Billing is revoked: it opens nothing." in words(page)
    assert "Revoked" in words(page)
    assert "Active" not in words(page)
    assert f"/keys/{key.id}/revocation" not in page.text
    assert audited() == ["revoked key"]


def test_revoking_twice_is_told_and_audited_once(ann: Browser) -> None:
    key, _ = make("Billing")
    post(ann, f"/keys/{key.id}/revocation")
    [first] = every()

    again = ann.follow(post(ann, f"/keys/{key.id}/revocation"))

    assert "The API key Billing was revoked." in words(again)
    assert every() == [first]
    assert audited() == ["revoked key"]


def test_a_revoked_key_is_not_changed(ann: Browser) -> None:
    key, _ = make("Billing")
    post(ann, f"/keys/{key.id}/revocation")

    answer = post(ann, f"/keys/{key.id}/limits", per_minute="60")

    assert "The API key Billing was revoked." in words(ann.follow(answer))
    assert every()[0].limits == NONE
    for page in ("limits", "revocation"):
        assert ann.get(f"/keys/{key.id}/{page}").headers["Location"] == "/keys"


@pytest.mark.parametrize("page", ["limits", "revocation"])
def test_a_key_that_never_was_is_not_found(ann: Browser, page: str) -> None:
    address = f"/keys/{uuid4()}/{page}"

    assert ann.get(address).status_code == 404
    assert post(ann, address).status_code == 404
