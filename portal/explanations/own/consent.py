"""Why a sign-in that an issuer let through connects nothing here."""

from portal.explanations.row import Place, Who, by_person, held
from portal.explanations.sign_in import BEGIN_AGAIN

ACCEPT_ALL = "Please sign in again, and accept all that is asked for."

NOT_REGISTERED = held(
    "no-application",
    "No application is registered",
    "No application is registered yet.",
    "Please register one; portal setup-link prints a link to the page for it.",
    who=Who.OPERATOR,
    place=Place.SETUP,
)
NOT_LASTING = by_person(
    "no-lasting-permission",
    "No lasting permission",
    "{issuer} gave no lasting permission (offline_access), so this would end within the"
    " hour.",
    ACCEPT_ALL,
    "If that changes nothing, have offline_access allowed where the application is"
    " registered.",
)
NOT_GRANTED = by_person(
    "permission-not-granted",
    "A permission is missing",
    "{issuer} did not grant: {permissions}.",
    ACCEPT_ALL,
    "If only an admin of the organization may accept it, have it approved first.",
)
# Granted before, it is missing in what a renewal brings.
WITHDRAWN = by_person(
    "permission-withdrawn",
    "A permission was withdrawn",
    "{issuer} no longer grants: {permissions}.",
    "Please press Sign In, and accept all that is asked for.",
    "If only an admin of the organization may accept it, have it approved first.",
)
OTHER_MAILBOX = by_person(
    "other-mailbox",
    "Signed in with another mailbox",
    "Expected {sender}, signed in as {present}. {issuer} lets nobody send with"
    " another's mailbox.",
    "Please sign in as the first of the two.",
)
NO_ADDRESS = by_person(
    "no-address-named",
    "No address to send from",
    "Microsoft named no e-mail address of this account.",
    "Please give the From Email Address in Tenant Settings.",
    "Then sign in again.",
)
APPLICATION_CHANGED = by_person(
    "application-changed",
    "The application has changed",
    "The registered application has changed since this sign-in began.",
    BEGIN_AGAIN,
)
OTHER_PURPOSE = by_person(
    "other-purpose",
    "Begun for something else",
    "This sign-in was begun for something else.",
    BEGIN_AGAIN,
)
OTHER_ISSUER = by_person(
    "other-issuer",
    "Answered by somebody else",
    "Another service answered than the one this sign-in was begun with.",
    BEGIN_AGAIN,
    "If it comes to this once more, tell the operator of this portal.",
)
FASTER = by_person(
    "somebody-was-faster",
    "Somebody was faster",
    "Somebody else has changed this meanwhile.",
    "Please look at how it stands now.",
    "If something else is wanted, ask for that anew.",
)
