"""Which explanation the numbers in Microsoft's sign-in errors have.

They are for people. Microsoft changes them and says so, hence nothing branches on them
but those of `LAG`, `UNAPPROVED`, `PUBLIC`, `EXPIRED` and `PASSING`.
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from portal.explanations import Explanation, sign_in

# A consent needs seconds to minutes to be seen everywhere, and looks like this before.
LAG = frozenset({65001, 700016, 650051})
# An admin has to approve first. It decides what a page offers next, no more.
UNAPPROVED = frozenset({65001, 90093, 90094, 90095, 90099})

# An application that is a public client may be asked to send no secret.
PUBLIC = frozenset({700025})
# The secret has ended. It decides what is known of its date, no more.
EXPIRED = frozenset({7000222})

NUMBERS: dict[Explanation, tuple[int, ...]] = {
    sign_in.NO_REDIRECT_URI: (50011, 500113),
    sign_in.STRANGER: (50020, 50034, 90072),
    sign_in.LOCKED: (50053,),
    sign_in.PASSWORD_EXPIRED: (50055,),
    sign_in.DISABLED: (50057,),
    sign_in.SIGNED_OUT: (50058, 50089, 70043, 50132, 50133, 50078),
    sign_in.PASSWORD_CHANGED: (50173,),
    sign_in.REVOKED: (70000, 70008, 700082),
    sign_in.SECOND_FACTOR: (50076, 50079),
    sign_in.WRONG_PASSWORD: (50126,),
    sign_in.OTHER_ORGANIZATION: (50059, 50194, 650059),
    sign_in.NO_ORGANIZATION: (90002, 90038, 900432, 900382),
    sign_in.NOT_ASSIGNED: (50105,),
    sign_in.APPLICATION_NOT_ASSIGNED: (501051,),
    sign_in.FORBIDDEN_BY_POLICY: (
        53000,
        53001,
        53002,
        53003,
        53004,
        50131,
        530031,
        530032,
        530035,
    ),
    sign_in.USED: (54005, 700005, 50148, 501481),
    sign_in.NOT_APPROVED: (65001, 90094, 90095, 90099),
    sign_in.PERMISSION_NOT_REGISTERED: (65005, 650056, 650057),
    sign_in.DECLINED: (65004,),
    sign_in.MAY_NOT_APPROVE: (90093,),
    sign_in.UNKNOWN_APPLICATION: (700016,),
    sign_in.APPLICATION_DISABLED: (7000112,),
    sign_in.SERVICE_DISABLED: (500014,),
    sign_in.SERVICE_UNKNOWN: (500011,),
    sign_in.NO_SUBSCRIPTION: (650052,),
    sign_in.WRONG_SECRET: (7000215,),
    sign_in.SECRET_EXPIRED: (7000222,),
    sign_in.NO_SECRET_TAKEN: (700025,),
    sign_in.SINGLE_PAGE: (700084,),
    sign_in.SECRET_NOT_TAKEN: (7000218, 70002),
    sign_in.CODE_OVER: (70018, 70019),
    sign_in.BAD_CERTIFICATE: (700021, 700023, 700027, 50012, 70021, 5002727),
    sign_in.CLOCK_WRONG: (700024,),
    sign_in.BAD_REQUEST: (
        70011,
        90009,
        90013,
        90014,
        90023,
        700022,
        900144,
        9002313,
        28002,
        28003,
    ),
    sign_in.BUSY: (
        50033,
        50087,
        50196,
        90006,
        90012,
        90024,
        90033,
        90055,
        90090,
        650051,
    ),
}
# Nobody can end it, and it ends. Asked again for nothing costs less than mail that is
# held until somebody signs in for nothing.
PASSING = frozenset(NUMBERS[sign_in.BUSY]) - LAG
CAUSES = {number: row for row, numbers in NUMBERS.items() for number in numbers}
