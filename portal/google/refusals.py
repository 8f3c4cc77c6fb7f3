"""What the errors of Google's sign-in mean.

https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors
https://developers.google.com/identity/protocols/oauth2#expiration
"""

from datetime import timedelta
from typing import Any

from portal import clock, net
from portal.errors import Answer, IssuerError
from portal.explanations import Explanation, network
from portal.explanations.google import sign_in
from portal.issuer import grant as given
from portal.issuer.refusals import (
    INVALID_CLIENT,
    INVALID_GRANT,
    PASSING,
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
    passes,
    said,
)
from portal.net import reply

KINDS: dict[str, type[LoginRefused]] = {
    INVALID_CLIENT: CredentialRefused,
    "unauthorized_client": CredentialRefused,
    "deleted_client": CredentialRefused,
    INVALID_GRANT: ReconnectNeeded,
}
ROWS: dict[str, Explanation] = {
    INVALID_CLIENT: sign_in.CREDENTIAL_REFUSED,
    "unauthorized_client": sign_in.NOT_AUTHORIZED,
    "deleted_client": sign_in.CLIENT_DELETED,
    INVALID_GRANT: sign_in.REVOKED,
    "access_denied": sign_in.DECLINED,
    "admin_policy_enforced": sign_in.NOT_TRUSTED,
    "org_internal": sign_in.OTHER_ORGANIZATION,
    "redirect_uri_mismatch": sign_in.NO_REDIRECT_URI,
    "invalid_scope": sign_in.UNKNOWN_SCOPE,
}


def read(response: net.Response) -> dict[str, Any]:
    """Return the object that Google answered, or raise what it means."""
    stated = reply.stated(response)
    error = stated.get("error")
    if response.status_code == 200 and stated and not error:
        return stated
    error = given.text(error)
    answer = said(response, error, given.text(stated.get("error_description")))
    if passes(response, error):
        wait = reply.retry_after(response.headers.get("Retry-After"), clock.now())
        raise _away(answer, wait)
    if not error:
        raise network.NOT_SIGN_IN.as_a(LoginRefused, answer=answer)
    raise refused(error, answer)


def returned(error: str, description: str) -> IssuerError:
    """Return what an error in a callback's address means."""
    answer = Answer(code=reply.name(error), text=reply.words(description))
    return _away(answer) if error in PASSING else refused(error, answer)


def refused(error: str, answer: Answer | None = None) -> LoginRefused:
    """Return what one of the words means that Google refuses with."""
    kind, row = KINDS.get(error, LoginRefused), ROWS.get(error, sign_in.REFUSED)
    return row.as_a(kind, answer=answer)


def _away(answer: Answer, after: timedelta | None = None) -> Unreachable:
    return sign_in.AWAY.as_a(Unreachable, answer=answer, after=after)
