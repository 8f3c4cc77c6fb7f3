"""Renewing where Microsoft refuses all of it for the want of one permission."""

from urllib.parse import parse_qs

import pytest

from portal import db
from portal.errors import IssuerError, NotConnected
from portal.explanations.sign_in import NOT_APPROVED
from portal.workspace import tokens
from portal.workspace.connections import ConnectionRow
from tests.microsoft.scripted import Server
from tests.workspace import grants
from tests.workspace.spending import OVER, current

LARGE = ("Mail.Send", "Mail.ReadWrite", "openid", "offline_access")
UNAPPROVED = grants.refuse("invalid_grant", 65001)


def connect(*scopes: str, young: bool = False) -> ConnectionRow:
    """Connect with these, some time ago unless it is young."""
    found = grants.keep(grants.grant(lives=OVER, scopes=scopes))
    with db.session() as session:
        row = session.get_one(ConnectionRow, found.id)
        row.connected_at -= tokens.FRESH * (not young)
        return row


def asked(server: Server) -> list[set[str]]:
    """Return for what Microsoft was asked, in short names."""
    forms = [parse_qs(request.body.decode()) for request in server.requests]
    return [
        {scope.rpartition("/")[2] for scope in form["scope"][0].split()}
        for form in forms
    ]


def test_what_is_still_granted_is_used(server: Server) -> None:
    row = connect(*LARGE)
    server.will(UNAPPROVED, grants.issue("geheim~new"))

    assert current() == "geheim~new"

    assert asked(server) == [{*LARGE}, {*LARGE} - {"Mail.ReadWrite"}]
    kept = grants.row(row.id)
    assert (kept.withdrawn, kept.trouble) == (["Mail.ReadWrite"], "")


def test_all_of_it_is_asked_for_again_the_next_time(server: Server) -> None:
    row = connect(*LARGE)
    server.will(
        UNAPPROVED,
        grants.issue("geheim~new", expires_in=0),
        grants.issue("geheim~whole"),
    )
    current()

    assert current() == "geheim~whole"

    assert asked(server)[-1] == {*LARGE}
    assert grants.row(row.id).withdrawn == []


def test_where_nothing_is_approved_somebody_has_to_sign_in(server: Server) -> None:
    row = connect(*LARGE)
    server.will(UNAPPROVED, UNAPPROVED)

    with pytest.raises(NotConnected):
        current()

    assert grants.row(row.id).trouble_cause == NOT_APPROVED.name


def test_there_may_be_no_less_to_ask_for(server: Server) -> None:
    connect("Mail.Send", "openid")
    server.will(UNAPPROVED)

    with pytest.raises(NotConnected):
        current()

    assert len(server.requests) == 1


def test_a_consent_that_is_young_is_waited_for_as_a_whole(server: Server) -> None:
    connect(*LARGE, young=True)
    server.will(UNAPPROVED)

    with pytest.raises(IssuerError) as waits:
        current()

    assert waits.value.passing
    assert len(server.requests) == 1


def test_what_a_young_consent_lacks_is_not_taken_for_withdrawn(server: Server) -> None:
    row = connect(*LARGE, young=True)
    server.will(grants.issue("geheim~new", scope="Mail.Send"))

    assert current() == "geheim~new"

    assert grants.row(row.id).withdrawn == []
