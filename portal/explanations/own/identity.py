"""Why it does not count who signed in, or that nobody has proven it."""

from portal.explanations.row import Place, Who, by_person, held
from portal.explanations.sign_in import BEGIN_AGAIN

PRIVATE_ACCOUNT = by_person(
    "private-account",
    "A private account",
    "This is a private Microsoft account.",
    "Please sign in with an account of the organization.",
)
OTHER_ORGANIZATION = by_person(
    "account-of-another-organization",
    "An account of another organization",
    "This account belongs to another Microsoft organization.",
    "Please sign in with an account of the organization that this portal is registered"
    " for.",
)
GUEST = by_person(
    "guest",
    "A guest of the organization",
    "This account is a guest in the organization.",
    "Please sign in with an account of the organization.",
)
NAMELESS = held(
    "nobody-named",
    "Nobody was named",
    "Microsoft did not say who signed in.",
    "Please check that the application may read the profile.",
    who=Who.OPERATOR,
    place=Place.ENTRA,
)
FROM_ELSEWHERE = held(
    "sign-in-from-elsewhere",
    "Not of the right sign-in",
    "This sign-in was not made by {issuer}'s sign-in.",
    "Please check the proxy, and for Microsoft also PORTAL_LOGIN_URL.",
    who=Who.OPERATOR,
)
OTHER_APPLICATION = by_person(
    "sign-in-for-another-application",
    "Made for another application",
    "This sign-in was made for another application.",
    BEGIN_AGAIN,
)
OTHER_REQUEST = by_person(
    "sign-in-for-another-request",
    "Made for another request",
    "This sign-in answers another request.",
    BEGIN_AGAIN,
)
OUT_OF_TIME = held(
    "sign-in-out-of-time",
    "Not valid at this time",
    "This sign-in is not valid at this time.",
    "Please let chrony or systemd-timesyncd set this machine's clock.",
    "Then begin again.",
    who=Who.OPERATOR,
)
UNSIGNED = by_person(
    "sign-in-not-signed",
    "The signature is not right",
    "The signature of this sign-in is not {issuer}'s.",
    BEGIN_AGAIN,
)
