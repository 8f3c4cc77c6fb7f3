"""What the numbers in Microsoft's sign-in errors mean: cause, remedy, who must act.

They are for people. Microsoft changes them and says so, hence nothing branches on them
but those of `LAG`, `UNAPPROVED` and `PUBLIC`: https://learn.microsoft.com/entra/identity-platform/
reference-error-codes
"""

from dataclasses import dataclass

from portal.microsoft.problems import Who

# A consent needs seconds to minutes to be seen everywhere, and looks like this before.
LAG = frozenset({65001, 700016, 650051})
# An admin has to approve first. It decides what a page offers next, no more.
UNAPPROVED = frozenset({65001, 90093, 90094, 90095, 90099})

# An application that is a public client may be asked to send no secret.
PUBLIC = frozenset({700025})


@dataclass(frozen=True)
class Cause:
    """Why Microsoft's sign-in refused, and what ends it."""

    cause: str
    remedy: str
    who: Who

    @property
    def sentence(self) -> str:
        return f"{self.cause} {self.remedy}"


ASK_FOR_SIGN_IN = "Please sign in again."
ASK_FOR_CONSENT = "Please have the organization's admin approve the permissions."
WAIT = "Please try again in a minute."
CHECK_APPLICATION = "Please check the application's registration in Entra."

GROUPS: tuple[tuple[tuple[int, ...], Cause], ...] = (
    (
        (50011, 500113),
        Cause(
            "The Redirect URI of this portal is not registered for the application.",
            "Please add it in Entra under Authentication, with the type Web.",
            Who.OPERATOR,
        ),
    ),
    (
        (50020, 50034, 90072),
        Cause(
            "This person does not belong to the organization.",
            "Please sign in with an account of the organization.",
            Who.PERSON,
        ),
    ),
    (
        (50053,),
        Cause(
            "Microsoft has locked this user for a while.",
            "Please look at the sign-in log in Entra, and wait.",
            Who.ADMIN,
        ),
    ),
    (
        (50055,),
        Cause(
            "The user's password has expired.",
            "Please set a new one, then sign in again.",
            Who.PERSON,
        ),
    ),
    (
        (50057,),
        Cause(
            "The user is disabled.",
            "Please enable the user in Entra, or connect another one.",
            Who.ADMIN,
        ),
    ),
    (
        (50058, 50089, 70043, 50132, 50133, 50173, 50078),
        Cause("The sign-in is no longer valid.", ASK_FOR_SIGN_IN, Who.PERSON),
    ),
    (
        (70000, 70008, 700082),
        Cause("The access has expired or was revoked.", ASK_FOR_SIGN_IN, Who.PERSON),
    ),
    (
        (50076, 50079),
        Cause("Microsoft asks for a second factor.", ASK_FOR_SIGN_IN, Who.PERSON),
    ),
    (
        (50126,),
        Cause("The user name or password is wrong.", ASK_FOR_SIGN_IN, Who.PERSON),
    ),
    (
        (50059, 50194, 650059),
        Cause(
            "The application belongs to one organization, and was asked about another.",
            "Please check the Directory (Tenant) ID.",
            Who.OPERATOR,
        ),
    ),
    (
        (90002, 90038, 900432, 900382),
        Cause(
            "Microsoft knows no such organization in this cloud.",
            "Please check the Directory (Tenant) ID and the cloud.",
            Who.OPERATOR,
        ),
    ),
    (
        (50105, 501051),
        Cause(
            "The user is not assigned to the application.",
            "Please assign the user under Enterprise applications in Entra.",
            Who.ADMIN,
        ),
    ),
    (
        (53000, 53001, 53002, 53003, 53004, 50131, 530031, 530032, 530035),
        Cause(
            "A Conditional Access policy of the organization forbids this sign-in.",
            "Please have its admin exempt this application or user, then sign in.",
            Who.ADMIN,
        ),
    ),
    (
        (54005, 700005, 50148, 501481),
        Cause("This sign-in was already used.", "Please begin again.", Who.PERSON),
    ),
    (
        (65001, 90094, 90095, 90099, 650056, 650057),
        Cause("The permissions are not approved.", ASK_FOR_CONSENT, Who.ADMIN),
    ),
    (
        (65004,),
        Cause("The approval was declined.", ASK_FOR_CONSENT, Who.ADMIN),
    ),
    (
        (90093,),
        Cause("This user may not approve permissions.", ASK_FOR_CONSENT, Who.ADMIN),
    ),
    (
        (700016,),
        Cause(
            "The application is not known in this organization.",
            "Please check the Application (Client) ID and the Directory (Tenant) ID,"
            " and have the organization's admin approve the permissions.",
            Who.OPERATOR,
        ),
    ),
    (
        (7000112, 500014),
        Cause(
            "The organization's admin has disabled the application.",
            "Please enable it under Enterprise applications in Entra.",
            Who.ADMIN,
        ),
    ),
    (
        (650052,),
        Cause(
            "The organization has no subscription to Exchange Online.",
            "Please add one in the Microsoft 365 admin center.",
            Who.ADMIN,
        ),
    ),
    (
        (7000215,),
        Cause(
            "The client secret is wrong.",
            "Please enter the secret's value, not its ID.",
            Who.OPERATOR,
        ),
    ),
    (
        (7000222,),
        Cause(
            "The client secret has expired.",
            "Please make a new one in Entra and enter its value.",
            Who.OPERATOR,
        ),
    ),
    (
        (700025, 700084),
        Cause(
            "The application is not registered as one that has a secret.",
            "Please register the Redirect URI in Entra with the type Web.",
            Who.OPERATOR,
        ),
    ),
    (
        (7000218, 70002),
        Cause(
            "Microsoft asks this application for a secret that it does not take.",
            "Please register the Redirect URI in Entra with the type Web; to sign in by"
            " a device code, also set Allow public client flows to Yes there, under"
            " Authentication.",
            Who.OPERATOR,
        ),
    ),
    (
        (70018, 70019),
        Cause(
            "This code has been used, or its time is over.",
            "Please begin again.",
            Who.PERSON,
        ),
    ),
    (
        (700021, 700023, 700024, 700027, 50012, 70021, 5002727),
        Cause(
            "Microsoft does not accept the certificate.",
            "Please upload it to the application in Entra, and check that the clock of"
            " this machine is right.",
            Who.OPERATOR,
        ),
    ),
    (
        (65005, 70011, 90009, 90013, 90014, 90023, 500011, 700022, 900144)
        + (9002313, 28002, 28003),
        Cause("Microsoft did not take the request.", CHECK_APPLICATION, Who.OPERATOR),
    ),
    (
        (50033, 50087, 50196, 90006, 90012, 90024, 90033, 90055, 90090, 650051),
        Cause("Microsoft's sign-in is busy.", WAIT, Who.NOBODY),
    ),
)

CAUSES = {number: cause for numbers, cause in GROUPS for number in numbers}
