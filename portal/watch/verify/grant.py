"""What a user's sign-in still grants: the newest token says it, so it is renewed."""

from portal.errors import IssuerError, NotConnected
from portal.explanations.own.consent import NOT_GRANTED
from portal.explanations.sign_in import DECLINED, MAY_NOT_APPROVE, NOT_APPROVED
from portal.watch import renewal
from portal.watch.verify.setup import Setup, failed
from portal.workspace.accounts import Way
from portal.workspace.connections import Connection
from portal.workspace.consent import scopes
from portal.workspace.verification import Name, Outcome, Step, behind, skipped, well

UNAPPROVED = frozenset({NOT_APPROVED.name, DECLINED.name, MAY_NOT_APPROVE.name})

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
        if error.cause in UNAPPROVED:
            refused = failed(given, Name.CONSENT, error)
            return refused, behind(Name.RENEWAL, Name.CONSENT)
        consent = _consent(given, connection, connection.scopes)
        return consent, failed(given, Name.RENEWAL, error)
    if token is None:
        consent = _consent(given, connection, connection.scopes)
        return consent, skipped(Name.RENEWAL, AT_IT)
    consent = _consent(given, connection, token.granted)
    return consent, well(Name.RENEWAL, RENEWED.format(issuer=given.named))


def _consent(given: Setup, connection: Connection, granted: frozenset[str]) -> Step:
    needed = _needed(given, connection)
    if missing := scopes.lacking(granted, needed):
        permissions = ", ".join(sorted(missing))
        return Step(
            name=Name.CONSENT,
            outcome=Outcome.FAILED,
            said=NOT_GRANTED.why.format(issuer=given.named, permissions=permissions),
            cause=NOT_APPROVED.name,
        )
    permissions = ", ".join(sorted(needed))
    return well(Name.CONSENT, GRANTED.format(permissions=permissions))


def _needed(given: Setup, connection: Connection) -> frozenset[str]:
    account = given.account
    if account.submits:
        return scopes.SUBMIT[account.provider]
    own = connection.owns(account.sender or "")
    return scopes.needed_for(large=account.large_attachments, own=own)
