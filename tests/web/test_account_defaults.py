"""Which account is the default, and which is deleted, off, or of the workspace."""

import re

from portal.workspace.accounts import Letterhead
from tests.web.branch import (
    add,
    fields,
    named,
    save,
)
from tests.web.browsing import Browser, words
from tests.web.posting import put


def test_another_account_becomes_the_default_and_the_old_one_is_deleted(
    ann: Browser,
) -> None:
    first = add(ann, name="first", is_default="y")
    at = f"/accounts/{first.id}/deletion"
    refused = words(ann.post(at, form_at=at))
    add(ann, name="second", is_default="y")
    done = words(ann.follow(ann.post(at, form_at=at)))

    assert "Please choose another one first" in refused
    assert "The account was deleted." in done
    assert ann.get(f"/accounts/{first.id}").status_code == 404
    assert named("second").is_default


def test_an_account_that_mail_waits_for_is_not_deleted(ann: Browser) -> None:
    account = add(ann)
    put(account=account.name)
    at = f"/accounts/{account.id}/deletion"

    refused = ann.post(at, form_at=at)

    assert refused.status_code == 409
    assert "1 messages of Branch office relay" in words(refused)


def test_an_account_that_is_off_takes_nothing(ann: Browser) -> None:
    account = add(ann)

    save(ann, account, fields(enabled=""))

    assert not named(account.name).enabled
    assert "Off" in words(ann.get("/accounts")).split()


def test_the_account_of_the_workspace_takes_no_return_path(sender: Browser) -> None:
    account = named("default")

    page = sender.get(f"/accounts/{account.id}").text
    given = {"name": "default", "enabled": "y", "is_default": "y"}
    answers = {"reply_to": "answers@contoso.example"}
    saved = save(sender, account, given | answers | {"return_path": "no address"})

    assert re.search(r'id="no_return_path" disabled', page)
    assert "Microsoft Graph takes none: failures are reported" in page
    assert 'name="return_path"' not in page
    assert "Changes have been saved!" in saved
    assert named("default").letterhead == Letterhead(reply_to=answers["reply_to"])
