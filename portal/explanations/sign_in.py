"""Why Microsoft's sign-in refuses: a person, an application, or the renewal of both."""

from portal.explanations.row import Explanation, Place, Who, by_person, held, passing

BEGIN_AGAIN = "Please begin again."
ASK_FOR_SIGN_IN = "Please sign in again."
ASK_FOR_CONSENT = "Please have the organization's admin approve the permissions."
TYPE_WEB = "Please register the Redirect URI in Entra with the type Web."


def _by_admin(name: str, title: str, why: str, *steps: str) -> Explanation:
    return held(name, title, why, *steps, who=Who.MICROSOFT, place=Place.ENTRA)


def _by_operator(name: str, title: str, why: str, *steps: str) -> Explanation:
    return held(name, title, why, *steps, who=Who.OPERATOR, place=Place.SETUP)


NO_REDIRECT_URI = _by_operator(
    "redirect-uri-not-registered",
    "Redirect URI not registered",
    "The Redirect URI of this portal is not registered for the application.",
    "Please add it in Entra under Authentication, with the type Web.",
)
STRANGER = by_person(
    "not-of-organization",
    "Not of the organization",
    "This person does not belong to the organization.",
    "Please sign in with an account of the organization.",
)
LOCKED = _by_admin(
    "user-locked",
    "The user is locked",
    "Microsoft has locked this user for a while.",
    "Please look at the sign-in log in Entra, and wait.",
)
PASSWORD_EXPIRED = by_person(
    "password-expired",
    "The password has expired",
    "The user's password has expired.",
    "Please set a new one, then sign in again.",
)
DISABLED = _by_admin(
    "user-disabled",
    "The user is disabled",
    "The user is disabled.",
    "Please enable the user in Entra, or connect another one.",
)
SIGNED_OUT = by_person(
    "sign-in-over",
    "The sign-in is over",
    "The sign-in is no longer valid.",
    ASK_FOR_SIGN_IN,
)
REVOKED = by_person(
    "access-revoked",
    "The access has expired or was revoked",
    "The access has expired or was revoked.",
    ASK_FOR_SIGN_IN,
)
PASSWORD_CHANGED = by_person(
    "password-changed",
    "The password was changed, or the access revoked",
    "The user's password was changed, or an administrator revoked the user's sign-ins.",
    ASK_FOR_SIGN_IN,
)
SECOND_FACTOR = by_person(
    "second-factor",
    "A second factor is asked for",
    "Microsoft asks for a second factor.",
    ASK_FOR_SIGN_IN,
)
WRONG_PASSWORD = by_person(
    "wrong-password",
    "Wrong user name or password",
    "The user name or password is wrong.",
    ASK_FOR_SIGN_IN,
)
OTHER_ORGANIZATION = _by_operator(
    "other-organization",
    "Asked about another organization",
    "The application belongs to one organization, and was asked about another.",
    "Please check the Directory (Tenant) ID.",
)
NO_ORGANIZATION = _by_operator(
    "no-organization",
    "No such organization",
    "Microsoft knows no such organization in this cloud.",
    "Please check the Directory (Tenant) ID and the cloud.",
)
NOT_ASSIGNED = _by_admin(
    "user-not-assigned",
    "The user is not assigned",
    "The user is not assigned to the application.",
    "Please assign the user under Enterprise applications in Entra.",
)
APPLICATION_NOT_ASSIGNED = _by_admin(
    "application-not-assigned",
    "The application is not assigned",
    "The service that mail is sent by lets in only applications that are assigned to"
    " it, and this one is not.",
    "Please approve the application's permissions under Enterprise applications in"
    " Entra, or let the service do without an assignment there.",
)
FORBIDDEN_BY_POLICY = _by_admin(
    "conditional-access",
    "Forbidden by Conditional Access",
    "A Conditional Access policy of the organization forbids this sign-in.",
    "Please have its admin exempt this application or user, then sign in.",
)
USED = by_person(
    "sign-in-used",
    "This sign-in was already used",
    "This sign-in was already used.",
    BEGIN_AGAIN,
)
NOT_APPROVED = _by_admin(
    "not-approved",
    "The permissions are not approved",
    "The permissions are not approved.",
    ASK_FOR_CONSENT,
    "If that was done just now, please try again in a minute.",
)
DECLINED = _by_admin(
    "approval-declined",
    "The approval was declined",
    "The approval was declined.",
    ASK_FOR_CONSENT,
)
MAY_NOT_APPROVE = _by_admin(
    "may-not-approve",
    "This user may not approve",
    "This user may not approve permissions.",
    ASK_FOR_CONSENT,
)
UNKNOWN_APPLICATION = _by_operator(
    "application-unknown",
    "The application is not known",
    "The application is not known in this organization.",
    "Please check the Application (Client) ID and the Directory (Tenant) ID.",
    *NOT_APPROVED.steps,
)
APPLICATION_DISABLED = _by_admin(
    "application-disabled",
    "The application is disabled",
    "The organization's admin has disabled the application.",
    "Please enable it under Enterprise applications in Entra.",
)
PERMISSION_NOT_REGISTERED = _by_operator(
    "permission-not-registered",
    "The registration lacks a permission",
    "The application asks for a permission that its registration does not have.",
    "Please add it in Entra, under API permissions of the registration.",
    ASK_FOR_CONSENT,
)
SERVICE_UNKNOWN = _by_operator(
    "service-unknown",
    "The organization does not know the service",
    "The organization does not know the service that mail is sent by: it belongs to"
    " another cloud, or has never been set up there.",
    "Please check the cloud (PORTAL_CLOUD) and the Directory (Tenant) ID.",
    "If both are right, have the organization's admin look under Enterprise"
    " applications in Entra whether Microsoft Graph, or for SMTP Office 365 Exchange"
    " Online, is there.",
)
SERVICE_DISABLED = _by_admin(
    "service-disabled",
    "The service is disabled",
    "The organization's admin has disabled Microsoft Graph or Exchange Online.",
    "Please enable it under Enterprise applications in Entra.",
)
NO_SUBSCRIPTION = held(
    "no-subscription",
    "No subscription to Exchange Online",
    "The organization has no subscription to Exchange Online.",
    "Please add one in the Microsoft 365 admin center.",
    who=Who.MICROSOFT,
    place=Place.MICROSOFT_365,
)
WRONG_SECRET = _by_operator(
    "wrong-secret",
    "The client secret is wrong",
    "The client secret is wrong.",
    "Please enter the secret's value, not its ID.",
)
SECRET_EXPIRED = _by_operator(
    "secret-expired",
    "The client secret has expired",
    "The client secret has expired.",
    "Please make a new one in Entra and enter its value.",
)
NO_SECRET_TAKEN = _by_operator(
    "no-secret-taken",
    "Registered as one without a secret",
    "The application is not registered as one that has a secret.",
    TYPE_WEB,
)
SINGLE_PAGE = _by_operator(
    "single-page-sign-in",
    "Registered as a single-page application",
    "The Redirect URI is registered for a single-page application, whose sign-ins end"
    " after a day.",
    TYPE_WEB,
    "Then please have the mailbox's user sign in again.",
)
SECRET_NOT_TAKEN = _by_operator(
    "secret-not-taken",
    "The secret is not taken",
    "Microsoft asks this application for a secret that it does not take.",
    "Please register the Redirect URI in Entra with the type Web; to sign in by a"
    " device code, also set Allow public client flows to Yes there, under"
    " Authentication.",
)
CODE_OVER = by_person(
    "code-over",
    "The code is over",
    "This code has been used, or its time is over.",
    BEGIN_AGAIN,
)
BAD_CERTIFICATE = _by_operator(
    "bad-certificate",
    "The certificate is not accepted",
    "Microsoft does not accept the certificate.",
    "Please upload it to the application in Entra.",
)
CLOCK_WRONG = held(
    "clock-wrong",
    "The clock is wrong",
    "The clock of this machine differs from Microsoft's by more than it may.",
    "Please let chrony or systemd-timesyncd set it.",
    who=Who.OPERATOR,
)
BAD_REQUEST = _by_operator(
    "sign-in-not-taken",
    "The request was not taken",
    "Microsoft did not take the request.",
    "Please check the application's registration in Entra.",
)
BUSY = passing(
    "sign-in-busy",
    "Microsoft's sign-in is busy",
    "Microsoft's sign-in is busy. Please try again in a minute.",
)
# Without a number that is known.
AWAY = passing(
    "sign-in-away",
    "Microsoft's sign-in is out of reach",
    "Microsoft's sign-in cannot be reached right now.",
)
RECONNECT = by_person(
    "reconnect",
    "Access is no longer granted",
    "Microsoft no longer grants access.",
    ASK_FOR_SIGN_IN,
)
CREDENTIAL_REFUSED = _by_operator(
    "credential-refused",
    "Secret or certificate refused",
    "Microsoft refused the application's secret or certificate.",
    "Please renew it.",
)
REFUSED = _by_operator(
    "sign-in-refused",
    "The request was refused",
    "Microsoft's sign-in refused the request.",
    "Please check the registration.",
)
DENIED = _by_admin(
    "request-denied",
    "Declined, or not approved",
    "The request was declined, or an admin of the organization has to approve the"
    " permissions first.",
    "Please try again, or have the organization's admin approve the permissions.",
)
SIGN_IN_DECLINED = by_person(
    "sign-in-declined",
    "The sign-in was declined",
    "The sign-in was declined.",
    BEGIN_AGAIN,
)
CODE_UNKNOWN = by_person(
    "code-unknown",
    "The code is not known",
    "Microsoft does not know this code.",
    BEGIN_AGAIN,
)
NOT_AUTHORIZED = _by_operator(
    "application-not-authorized",
    "The application is not known",
    "Microsoft does not know this application in this organization.",
    "Please check both IDs of the registration.",
)
PENDING = passing(
    "sign-in-pending",
    "Nobody has signed in yet",
    "Nobody has signed in with this code yet.",
)
