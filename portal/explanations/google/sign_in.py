"""Why Google's sign-in refuses: a person, an OAuth client, or the renewal of both.

https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors
"""

from portal.explanations.row import Explanation, Place, Who, held, passing


def _by_person(name: str, title: str, why: str, *steps: str) -> Explanation:
    return held(name, title, why, *steps, who=Who.WORKSPACE, place=Place.ACCOUNTS)


def _by_admin(name: str, title: str, why: str, *steps: str) -> Explanation:
    return held(name, title, why, *steps, who=Who.GOOGLE, place=Place.GOOGLE_ADMIN)


def _by_operator(name: str, title: str, why: str, *steps: str) -> Explanation:
    return held(name, title, why, *steps, who=Who.OPERATOR, place=Place.GOOGLE_CLOUD)


AWAY = passing(
    "google-sign-in-away",
    "Google's sign-in does not answer",
    "Google's sign-in cannot be reached right now.",
)
CREDENTIAL_REFUSED = _by_operator(
    "google-client-refused",
    "The OAuth client is not accepted",
    "Google does not accept the client ID or the client secret of this account.",
    "Please compare both with the OAuth client in the Google Cloud console.",
)
NOT_AUTHORIZED = _by_operator(
    "google-client-not-authorized",
    "The OAuth client may not sign people in",
    "Google does not let this OAuth client ask for a sign-in.",
    "Please make one of the type Web application in the Google Cloud console.",
)
CLIENT_DELETED = _by_operator(
    "google-client-deleted",
    "The OAuth client was deleted",
    "The OAuth client of this account was deleted in the Google Cloud console.",
    "Please make another one there, and enter its ID and secret.",
)
NO_REDIRECT_URI = _by_operator(
    "google-redirect-uri-not-registered",
    "Redirect URI not registered",
    "The Redirect URI of this portal is not registered for the OAuth client.",
    "Please add it in the Google Cloud console, under Authorized redirect URIs.",
)
UNKNOWN_SCOPE = _by_operator(
    "google-scope-unknown",
    "The scope is not known",
    "Google does not let the OAuth client ask for mail.",
    "Please add the scope https://mail.google.com/ in the Google Cloud console, under"
    " Data Access.",
)
REVOKED = _by_person(
    "google-access-revoked",
    "The access has expired or was revoked",
    "Google no longer grants access: somebody revoked it, the password was changed, or"
    " the app is still in testing, where Google ends it after seven days.",
    "Please sign in again.",
)
DECLINED = _by_person(
    "google-declined",
    "The request was declined",
    "The request was declined at Google's sign-in.",
    "Please begin again, and allow it.",
)
NOT_TRUSTED = _by_admin(
    "google-not-trusted",
    "Not let in by the organization",
    "The organization's policy does not let this application in.",
    "Please have it trusted in the Google Admin console, under API controls.",
)
OTHER_ORGANIZATION = _by_person(
    "google-other-organization",
    "For another organization",
    "The OAuth client is for the users of another organization.",
    "Please sign in with one of its accounts.",
)
PERSONAL = _by_person(
    "google-personal-account",
    "A personal Google account",
    "Whoever signed in has a Google account that belongs to no organization, so Google"
    " does not vouch that its address is still theirs.",
    "Please sign in with an account of Google Workspace.",
)
NAMELESS = _by_person(
    "google-nobody-named",
    "No address was named",
    "Google did not name a verified e-mail address of whoever signed in.",
    "Please sign in with an account of Google Workspace.",
)
REFUSED = _by_operator(
    "google-sign-in-refused",
    "Google refused the sign-in",
    "Google's sign-in refused the request.",
    "Please check the OAuth client in the Google Cloud console.",
)
