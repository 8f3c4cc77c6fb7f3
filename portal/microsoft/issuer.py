"""Microsoft as an issuer, asked as an application that is registered in Entra."""

from datetime import timedelta
from functools import partial

from portal.issuer import Issuer
from portal.microsoft import identity, login, refusals
from portal.microsoft.login import Registration, directory

# https://learn.microsoft.com/entra/identity-platform/refresh-tokens
UNUSED = timedelta(days=90)


def of(registration: Registration) -> Issuer:
    """Return who vouches for the users of this application's organization."""
    return Issuer(
        name=identity.NAME,
        authority=registration.login_url,
        tenant=registration.tenant,
        client_id=registration.client_id,
        origin=registration.origin,
        redirect_uri=registration.redirect_uri,
        shares=True,
        approves=True,
        forgets_after=UNUSED,
        authorize_url=partial(login.authorize_url, registration),
        redeem=partial(login.redeem, registration),
        renew=partial(login.renew, registration),
        identify=partial(identity.identify, registration),
        knock=partial(
            directory.discover, registration.login_url, registration.tenant, fresh=True
        ),
        returned=refusals.returned,
        calls_itself=partial(_calls_itself, registration),
    )


def _calls_itself(registration: Registration, name: str) -> bool:
    """Tell whether a callback bears Microsoft's name; by what is known, it bears none.

    RFC 9207
    """
    if not name:
        return True
    found = directory.discover(registration.login_url, registration.tenant)
    return name == found.issuer
