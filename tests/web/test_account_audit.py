"""What the audit says of an account that was changed in the browser."""

from portal import db
from portal.workspace import audit
from tests.terminal import portal
from tests.trip import ANN
from tests.web.branch import BRANCH, add, fields, named, save
from tests.web.browsing import Browser


def audited() -> list[tuple[str, str]]:
    with db.reading() as session:
        found = audit.page(session, None, 50)
    return [(each.action, each.subject) for each in found if "account" in each.action]


def test_each_act_of_a_form_is_audited_in_the_words_of_the_command_line(
    ann: Browser,
) -> None:
    account = add(ann)
    given = fields(password="", reply_to=ANN, is_default="y")

    save(ann, account, given)
    portal("accounts", "set", account.name, "--reply-to", BRANCH["sender"])
    portal("accounts", "default", "default")

    assert audited() == [
        ("made account the default", "default"),
        (f"changed account: reply to {BRANCH['sender']}", account.name),
        ("made account the default", account.name),
        (f"changed account: reply to {ANN}", account.name),
        (f"added account: sends by 127.0.0.1:2525 as {account.sender}", account.name),
    ]


def test_what_is_saved_as_it_was_is_no_change(ann: Browser) -> None:
    account = add(ann)

    save(ann, account, fields(password=""))

    assert [act for act, _ in audited() if act.startswith("changed")] == []


def test_a_new_name_a_fallback_and_a_switch_are_audited(ann: Browser) -> None:
    account = add(ann)
    other = str(named("default").id)
    given = fields(password="", name="Relay", fallback=other, enabled="")

    save(ann, account, given)

    assert audited()[:2] == [
        ("switched account off", "Relay"),
        ("changed account: called Relay, fallback default", account.name),
    ]
