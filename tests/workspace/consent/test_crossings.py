"""Consents that meet in PostgreSQL: whoever waited sees what the other has changed."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.errors import Conflict
from portal.issuer.identity import Identity
from portal.workspace import accounts, connections
from portal.workspace.accounts import AccountRow, Settings
from portal.workspace.connections import ConnectionRow, Consent
from portal.workspace.consent import changes, connect, renaming, reset, scopes
from portal.workspace.consent.changes import Change, ChangeRow, Wish
from portal.workspace.consent.renaming import Seen
from portal.workspace.registration import issuers
from tests import trip
from tests.delivery.crossing import cross
from tests.mail import backlog
from tests.workspace import grants
from tests.workspace.consent.watching import ANN, NOREPLY, REPORTS

BEA = "bea@contoso.example"
NEWS = replace(grants.WHO, username="news@contoso.example", email="")
LATER = replace(grants.WHO, username="later@contoso.example", email="")


@pytest.fixture
def wish(postgres_house: Config) -> Change:
    """Ask for a change of an account that nobody has connected."""
    grants.register()
    return trip.ask(NOREPLY)


def propose(change: UUID) -> None:
    """Come home as somebody who does not own From."""
    with db.reading() as session:
        issuer = issuers.known(session, backlog.account())
    grant = grants.grant(scopes=scopes.wanted(large=False))
    consent = Consent(issuer=issuer, grant=grant, identity=grants.WHO, by="")
    connect.settle(change, consent, None)


def discard(change: UUID) -> None:
    with db.session() as session:
        changes.discard(session, change, ANN)


def start_over(_: UUID) -> None:
    """Reset as a page does, which has looked at the account before."""
    with db.session() as session:
        reset.reset(session, accounts.find(session).id, ANN)


def apply() -> None:
    with db.session() as session:
        settings = Settings(sender=REPORTS, large_attachments=False)
        accounts.apply(session, accounts.find(session).id, settings, BEA)


def ask() -> None:
    """Ask as a page does, which has looked at the account before."""
    with db.session() as session:
        account = accounts.find(session)
        wish = Wish(sender=NOREPLY, large=False, version=account.version)
        changes.ask(session, account.id, wish, ANN)


@pytest.mark.parametrize("end", [discard, start_over])
def test_who_comes_home_to_what_just_ended_leaves_no_tokens(
    wish: Change, end: Callable[[UUID], None]
) -> None:
    with pytest.raises(Conflict):
        cross(AccountRow, lambda: end(wish.id), lambda: propose(wish.id))

    with db.reading() as session:
        row = session.get_one(ChangeRow, wish.id)
    assert (row.proposed, row.sealed_proposal) == (None, None)


def test_of_two_who_change_settings_each_makes_a_version(wish: Change) -> None:
    with db.reading() as session:
        before = accounts.find(session).version

    cross(AccountRow, apply, lambda: start_over(wish.id))

    with db.reading() as session:
        assert accounts.find(session).version == before + 2


def test_who_asks_for_a_change_of_what_just_changed_is_told(wish: Change) -> None:
    discard(wish.id)

    with pytest.raises(Conflict, match=BEA):
        cross(AccountRow, apply, ask)


def test_who_decides_about_a_name_that_was_just_replaced_decides_nothing(
    postgres_house: Config,
) -> None:
    grants.register()
    grants.keep()
    grants.send_as(REPORTS)
    rename(NEWS)
    seen = Seen(version=version(), name=NEWS.username)

    with pytest.raises(Conflict):
        cross(ConnectionRow, lambda: rename(LATER), lambda: follow(seen))

    with db.reading() as session:
        assert accounts.find(session).sender == REPORTS


def rename(who: Identity) -> None:
    """Note a new name as a renewal does."""
    with db.session() as session:
        row = connections.in_use(session, backlog.account())
        assert row
        session.refresh(row, with_for_update=True)
        assert connections.rename(row, who, REPORTS)


def follow(seen: Seen) -> None:
    with db.session() as session:
        renaming.follow(session, backlog.account(), seen, ANN)


def version() -> int:
    with db.reading() as session:
        return accounts.find(session).version
