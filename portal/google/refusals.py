"""What the errors of Google's sign-in mean.

https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors
https://developers.google.com/identity/protocols/oauth2#expiration
"""

from typing import Any

from portal import clock, net
from portal.errors import IssuerError
from portal.explanations import Explanation
from portal.explanations.google import sign_in
from portal.issuer.refusals import (
    INVALID_CLIENT,
    INVALID_GRANT,
    PASSING,
    CredentialRefused,
    LoginRefused,
    ReconnectNeeded,
    Unreachable,
    passes,
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
    answer = reply.stated(response)
    told = answer.get("error")
    if response.status_code == 200 and answer and not told:
        return answer
    error = told if isinstance(told, str) else ""
    code = error or str(response.status_code)
    if passes(response, error):
        wait = reply.retry_after(response.headers.get("Retry-After"), clock.now())
        raise Unreachable(sign_in.AWAY.sentence, code=code, after=wait).because(
            sign_in.AWAY.name
        )
    raise refused(code)


def returned(error: str, _description: str) -> IssuerError:
    """Return what an error in a callback's address means."""
    if error in PASSING:
        away = Unreachable(sign_in.AWAY.sentence, code=error)
        return away.because(sign_in.AWAY.name)
    return refused(error or "no code")


def refused(error: str) -> LoginRefused:
    """Return what one of the words means that Google refuses with."""
    kind, row = KINDS.get(error, LoginRefused), ROWS.get(error, sign_in.REFUSED)
    return kind(row.sentence, code=error).because(row.name)
