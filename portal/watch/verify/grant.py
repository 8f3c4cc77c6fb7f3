"""What a user's sign-in still grants: the newest token says it, so it is renewed."""

from portal.errors import IssuerError, NotConnected
from portal.explanations.graph import SPREADING
from portal.explanations.own.consent import WITHDRAWN
from portal.explanations.sign_in import DECLINED, MAY_NOT_APPROVE, NOT_APPROVED
from portal.watch import renewal
from portal.watch.verify.setup import Setup, failed
from portal.workspace.accounts import Way
from portal.workspace.connections import Connection
from portal.workspace.consent import scopes
from portal.workspace.tokens import Token, granted
from portal.workspace.verification import Name, Step, behind, skipped, well

UNAPPROVED = frozenset(
    row.name for row in (NOT_APPROVED, DECLINED, MAY_NOT_APPROVE, WITHDRAWN)
)

SPREADS = (
    "{issuer} does not know everywhere yet what was consented to just now; that takes"
    " some minutes at most. Mail waits for it, and goes by itself."
)
GRANTED = "Granted: {permissions}."
RENEWED = "{issuer} has just renewed it."
AT_IT = "Somebody else renews it just now, or has while this was looked at."
UNREADABLE = (
    "What the organization lets the application do stands in no token that we may read."
    " From, or a test mail, shows it."
)
AT_SERVER = (
    "What Exchange lets the application do stands in no token. The sign-in at the"
    " server shows it."
)
NO_CONSENT = "Nobody has to consent to anything."
FETCHED = "An application renews nothing: it fetches each token with its credential."
NO_TOKEN = "It sends without a token."  # noqa: S105 - a sentence
CONSENTS = {Way.APPLICATION: UNREADABLE, Way.SMTP_APPLICATION: AT_SERVER}


def renew(given: Setup) -> tuple[Step, ...]:
    """Renew the sign-in, and compare what is granted with what is needed."""
    if not given.account.by_consent:
        why = CONSENTS.get(given.account.way, NO_CONSENT)
        token = FETCHED if given.by_microsoft else NO_TOKEN
        return skipped(Name.CONSENT, why), skipped(Name.RENEWAL, token)
    if given.connection is None:
        closed = given.hold.reason if given.hold and given.hold.since else None
        raise NotConnected(closed)
    return _renewed(given, given.connection)


def _renewed(given: Setup, connection: Connection) -> tuple[Step, ...]:
    try:
        token = renewal.attempt(connection)
    except (NotConnected, IssuerError) as error:
        return _not_renewed(given, connection, error)
    if token is None:
        return _consent(given, connection), skipped(Name.RENEWAL, AT_IT)
    renewed = well(Name.RENEWAL, RENEWED.format(issuer=given.named))
    return _by_token(given, token, token.connection or connection), renewed


def _not_renewed(
    given: Setup, connection: Connection, error: NotConnected | IssuerError
) -> tuple[Step, ...]:
    if error.cause == SPREADING.name:
        said = SPREADS.format(issuer=given.named)
        return skipped(Name.CONSENT, said), skipped(Name.RENEWAL, said)
    if error.cause in UNAPPROVED:
        refused = failed(given, Name.CONSENT, error)
        return refused, behind(Name.RENEWAL, Name.CONSENT)
    return _consent(given, connection), failed(given, Name.RENEWAL, error)


def _by_token(given: Setup, token: Token, connection: Connection) -> Step:
    """Compare what the token grants; it may lack what a young consent is to bring."""
    needed = granted.needed(given.account, connection)
    if token.young and scopes.lacking(token.granted, needed):
        return skipped(Name.CONSENT, SPREADS.format(issuer=given.named))
    return _consent(given, connection)


def _consent(given: Setup, connection: Connection) -> Step:
    needed = granted.needed(given.account, connection)
    if missing := scopes.lacking(connection.scopes, needed):
        error = granted.withdrawn(given.named, missing)
        return failed(given, Name.CONSENT, error)
    permissions = ", ".join(sorted(needed))
    return well(Name.CONSENT, GRANTED.format(permissions=permissions))
