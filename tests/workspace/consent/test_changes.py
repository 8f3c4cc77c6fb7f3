"""Pending changes: one link for one person, replaced by the next, over in a week."""

import pytest

from portal import clock, db, vault
from portal.config import Config
from portal.errors import CannotDecrypt, NotFound
from portal.workspace import accounts
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Link, Outcome, Progress
from tests.conftest import Passing
from tests.mail import backlog


def invite(sender: str | None = None) -> Link:
    account = backlog.account()
    with db.session() as session:
        return changes.invite(session, account, sender, "operator")


def leads_somewhere(secret: str) -> bool:
    with db.reading() as session:
        try:
            return bool(changes.follow(session, secret))
        except NotFound:
            return False


def sender_of(link: Link) -> str | None:
    with db.reading() as session:
        return changes.follow(session, link.secret).sender


def progress(link: Link) -> Progress:
    with db.reading() as session:
        return changes.progress(session, link.change_id)


def end(outcome: Outcome) -> None:
    account = backlog.account()
    with db.session() as session:
        changes.end(session, account, outcome)


def test_a_link_leads_to_what_was_asked_for(either_house: Config) -> None:
    link = invite("noreply@contoso.example")

    assert sender_of(link) == "noreply@contoso.example"
    assert progress(link) == Progress(outcome=None, expired=False, trouble="")
    assert not progress(link).ended


def test_without_a_wish_the_account_keeps_its_address(house: Config) -> None:
    assert sender_of(invite()) is None
    with db.session() as session:
        accounts.set_sender(session, accounts.find(session).id, "a@contoso.example")

    assert sender_of(invite()) == "a@contoso.example"


def test_whatever_is_no_link_leads_nowhere(either_house: Config) -> None:
    invite()

    for secret in ("", "x", "\x00", "\ud800", "' OR 1=1 --", "x" * 9999):
        assert not leads_somewhere(secret)


def test_links_cannot_be_guessed_and_show_in_no_repr(house: Config) -> None:
    links = [invite() for _ in range(20)]

    assert len({link.secret for link in links}) == 20
    assert all(len(link.secret) >= 22 for link in links)
    assert links[0].secret not in repr(links[0])


def test_a_newer_link_ends_the_one_before(either_house: Config) -> None:
    old, new = invite(), invite()

    assert not leads_somewhere(old.secret)
    assert leads_somewhere(new.secret)
    assert progress(old).outcome is Outcome.REPLACED
    assert progress(old).ended


def test_a_link_lives_seven_days(either_house: Config, passes: Passing) -> None:
    link = invite()
    assert link.expires_at - clock.now() == changes.LIFE

    passes(days=7, seconds=-1)
    assert leads_somewhere(link.secret)

    passes(seconds=1)
    assert not leads_somewhere(link.secret)
    assert progress(link).ended


def test_a_link_that_was_applied_leads_nowhere(either_house: Config) -> None:
    link = invite()

    end(Outcome.APPLIED)
    end(Outcome.REPLACED)

    assert not leads_somewhere(link.secret)
    assert progress(link).outcome is Outcome.APPLIED


def test_a_link_is_kept_only_as_a_fingerprint(house: Config) -> None:
    link = invite()
    db.disconnect()

    for path in house.instance.iterdir():
        assert link.secret.encode() not in path.read_bytes()


def test_without_its_keys_a_house_follows_no_link(house: Config) -> None:
    link = invite()
    vault.lock()

    with pytest.raises(CannotDecrypt):
        leads_somewhere(link.secret)
