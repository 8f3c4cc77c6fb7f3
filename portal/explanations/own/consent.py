"""Why a sign-in that an issuer let through connects nothing here."""

from portal.explanations.row import Explanation, Place, Who, held

BEGIN_AGAIN = "Please begin again."
ACCEPT_ALL = "Please sign in again, and accept all that is asked for."


def _refused(name: str, title: str, why: str, *steps: str) -> Explanation:
    return held(name, title, why, *steps, who=Who.WORKSPACE, place=Place.SETTINGS)


NOT_REGISTERED = held(
    "no-application",
    "No application is registered",
    "No application is registered yet.",
    "Please register one; portal setup-link prints a link to the page for it.",
    who=Who.OPERATOR,
    place=Place.SETUP,
)
NOT_LASTING = _refused(
    "no-lasting-permission",
    "No lasting permission",
    "{issuer} gave no lasting permission (offline_access), so this would end within the"
    " hour.",
    ACCEPT_ALL,
    "If that changes nothing, have offline_access allowed where the application is"
    " registered.",
)
NOT_GRANTED = _refused(
    "permission-not-granted",
    "A permission is missing",
    "{issuer} did not grant: {permissions}.",
    ACCEPT_ALL,
    "If only an admin of the organization may accept it, have it approved first.",
)
OTHER_MAILBOX = _refused(
    "other-mailbox",
    "Signed in with another mailbox",
    "Expected {sender}, signed in as {present}. {issuer} lets nobody send with"
    " another's mailbox.",
    "Please sign in as the first of the two.",
)
NO_ADDRESS = _refused(
    "no-address-named",
    "No address to send from",
    "Microsoft named no e-mail address of this account.",
    "Please give the From Email Address in Tenant Settings.",
    "Then sign in again.",
)
APPLICATION_CHANGED = _refused(
    "application-changed",
    "The application has changed",
    "The registered application has changed since this sign-in began.",
    BEGIN_AGAIN,
)
OTHER_PURPOSE = _refused(
    "other-purpose",
    "Begun for something else",
    "This sign-in was begun for something else.",
    BEGIN_AGAIN,
)
OTHER_ISSUER = _refused(
    "other-issuer",
    "Answered by somebody else",
    "This sign-in was begun with somebody else than who answered it.",
    BEGIN_AGAIN,
    "If it comes to this once more, tell the operator of this portal.",
)
FASTER = _refused(
    "somebody-was-faster",
    "Somebody was faster",
    "Somebody else has changed this meanwhile.",
    "Please look how it stands now.",
    "If something else is wanted, ask for that anew.",
)
