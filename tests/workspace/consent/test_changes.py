"""Pending changes: two links each, replaced by the next, over in a week."""

from datetime import timedelta

import pytest

from portal import clock, db, vault
from portal.config import Config
from portal.errors import CannotDecrypt, Conflict, NotFound
from portal.workspace import accounts
from portal.workspace.accounts import Settings
from portal.workspace.consent import changes
from portal.workspace.consent.changes import Change, Outcome, Stage, Wish
from tests import trip
from tests.conftest import Passing
from tests.mail import backlog

ANN = "admin@contoso.example"
BEA = "bea@contoso.example"
NOREPLY = "noreply@contoso.example"
TEAM = "team@contoso.example"


def invite(sender: str | None = None) -> Change:
    account = backlog.account()
    with db.session() as session:
        return changes.invite(session, account, sender, "operator")


def leads_somewhere(link: str) -> bool:
    with db.reading() as session:
        try:
            return bool(changes.follow(session, link))
        except NotFound:
            return False


def approvable(link: str) -> bool:
    with db.reading() as session:
        try:
            return bool(changes.follow_approval(session, link))
        except NotFound:
            return False


def now(change: Change) -> Change:
    with db.reading() as session:
        return changes.find(session, change.id)


def end(outcome: Outcome) -> None:
    account = backlog.account()
    with db.session() as session:
        changes.end(session, account, outcome)


def set_sender(sender: str, by: str) -> None:
    account = backlog.account()
    with db.session() as session:
        settings = Settings(sender=sender, large_attachments=False)
        accounts.apply(session, account, settings, by)


def test_a_link_leads_to_what_was_asked_for(either_house: Config) -> None:
    change = invite(NOREPLY)

    with db.reading() as session:
        assert changes.follow(session, change.link) == change
        assert changes.follow_approval(session, change.approval_link) == change
    assert (change.sender, change.stage) == (NOREPLY, Stage.ASKED)
    assert change.by_operator
    assert not change.ended


def test_each_link_serves_one_purpose(house: Config) -> None:
    change = invite()

    assert change.link != change.approval_link
    assert not leads_somewhere(change.approval_link)
    assert not approvable(change.link)


def test_without_a_wish_the_account_keeps_its_address(house: Config) -> None:
    assert invite().sender is None
    set_sender("a@contoso.example", ANN)

    assert invite().sender == "a@contoso.example"


def test_whatever_is_no_link_leads_nowhere(either_house: Config) -> None:
    invite()

    for link in ("", "x", "\x00", "\ud800", "' OR 1=1 --", "x" * 9999):
        assert not leads_somewhere(link)
        assert not approvable(link)


def test_links_cannot_be_guessed_and_show_in_no_repr(house: Config) -> None:
    made = [invite() for _ in range(20)]
    links = [link for change in made for link in (change.link, change.approval_link)]

    assert len(set(links)) == 40
    assert all(len(link) >= 22 for link in links)
    assert not [link for link in links if link in repr(made)]


def test_a_newer_change_ends_the_one_before(either_house: Config) -> None:
    old, new = invite(), invite()

    assert not leads_somewhere(old.link)
    assert not approvable(old.approval_link)
    assert leads_somewhere(new.link)
    assert now(old).outcome is Outcome.REPLACED
    assert now(old).stage is Stage.ENDED


def test_a_change_lives_seven_days(either_house: Config, passes: Passing) -> None:
    change = invite()
    assert change.expires_at - clock.now() == changes.LIFE

    passes(days=7, seconds=-1)
    assert leads_somewhere(change.link)

    passes(seconds=1)
    assert not leads_somewhere(change.link)
    assert now(change).stage is Stage.ENDED
    with db.reading() as session:
        assert changes.pending(session, change.account_id) is None


def test_what_was_applied_leads_nowhere(either_house: Config) -> None:
    change = invite()

    end(Outcome.APPLIED)
    end(Outcome.REPLACED)

    assert not leads_somewhere(change.link)
    assert now(change).stage is Stage.APPLIED


def test_links_are_kept_only_as_fingerprints(house: Config) -> None:
    change = invite()
    db.disconnect()

    for path in house.instance.iterdir():
        stored = path.read_bytes()
        assert change.link.encode() not in stored
        assert change.approval_link.encode() not in stored


def test_without_its_keys_a_house_follows_no_link(house: Config) -> None:
    change = invite()
    vault.lock()

    with pytest.raises(CannotDecrypt):
        leads_somewhere(change.link)


def test_to_ask_twice_is_to_ask_once(either_house: Config) -> None:
    first, again = trip.ask(NOREPLY), trip.ask(NOREPLY)

    assert again == first


def test_another_wish_and_another_asker_replace_it(either_house: Config) -> None:
    first = trip.ask(NOREPLY)
    others = [trip.ask(NOREPLY, large=True), trip.ask(TEAM), trip.ask(TEAM, by=BEA)]

    assert len({first.id, *(other.id for other in others)}) == 4
    assert now(first).outcome is Outcome.REPLACED
    with db.reading() as session:
        assert changes.pending(session, first.account_id) == others[-1]


def test_who_saw_old_settings_is_told_who_changed_them(either_house: Config) -> None:
    account = backlog.account()
    set_sender(NOREPLY, BEA)

    seen = Wish(sender=TEAM, large=False, version=1)

    told = f"{BEA} changed .*{NOREPLY}"
    with db.session() as session, pytest.raises(Conflict, match=told):
        changes.ask(session, account, seen, ANN)


def test_a_change_can_be_discarded(either_house: Config) -> None:
    change = trip.ask(NOREPLY)

    with db.session() as session:
        changes.discard(session, change.id, ANN)

    assert now(change).outcome is Outcome.DISCARDED
    assert not leads_somewhere(change.link)


def test_what_has_ended_is_not_discarded(house: Config) -> None:
    change = trip.ask(NOREPLY)
    end(Outcome.APPLIED)

    with db.session() as session:
        changes.discard(session, change.id, ANN)

    assert now(change).stage is Stage.APPLIED


def test_of_an_unknown_change_nothing_is_told(house: Config) -> None:
    with db.reading() as session, pytest.raises(NotFound):
        changes.find(session, db.new_id())


def test_what_is_over_for_long_is_erased(house: Config, passes: Passing) -> None:
    trip.ask(NOREPLY)
    passes(days=8)

    with db.session() as session:
        changes.sweep(session, clock.now() - timedelta(days=2))
        assert session.query(changes.ChangeRow).count() == 1
        changes.sweep(session, clock.now())
        assert session.query(changes.ChangeRow).count() == 0
