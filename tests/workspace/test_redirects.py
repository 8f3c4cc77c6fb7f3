"""Redirect URIs: what one application has shown is known beside what others have."""

from portal import clock, db
from portal.config import Config
from portal.google import issuer as google
from portal.google.login import Client
from portal.issuer import Issuer
from portal.workspace.verification import redirects
from tests.conftest import Passing


def client(client_id: str) -> Issuer:
    """Return Google, asked as one OAuth client; all come back to one address."""
    return google.of(
        Client(
            client_id=client_id,
            secret="x",
            url="https://accounts.google.com",
            redirect_uri="https://mail.contoso.example/callback/google",
        )
    )


def test_clients_that_share_an_address_keep_what_each_has_shown(
    either_house: Config, passes: Passing
) -> None:
    times = {}
    for name in ("sales", "support", "sales"):
        passes(minutes=1)
        times[name] = clock.now()
        with db.session() as session:
            redirects.note(session, client(name))

    with db.reading() as session:
        shown = {name: redirects.proven_at(session, client(name)) for name in times}
        strangers = redirects.proven_at(session, client("strangers"))

    assert shown == times
    assert strangers is None
