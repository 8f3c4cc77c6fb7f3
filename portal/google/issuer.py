"""Google as an issuer, asked as an OAuth client of the Google Cloud console."""

from datetime import timedelta
from functools import partial

from portal.google import identity, login, refusals
from portal.google.login import Client
from portal.issuer import Issuer

# https://developers.google.com/identity/protocols/oauth2#expiration
UNUSED = timedelta(days=180)  # six months


def of(client: Client) -> Issuer:
    """Return who vouches for the users of Google Workspace."""
    return Issuer(
        name=identity.NAME,
        authority=client.url,
        tenant="",
        client_id=client.client_id,
        origin=client.origin,
        redirect_uri=client.redirect_uri,
        shares=False,
        approves=False,
        forgets_after=UNUSED,
        authorize_url=partial(login.authorize_url, client),
        redeem=partial(login.redeem, client),
        renew=partial(login.renew, client),
        identify=partial(identity.identify, client),
        knock=partial(login.document, client, fresh=True),
        returned=refusals.returned,
        calls_itself=partial(identity.calls_itself, client),
    )
