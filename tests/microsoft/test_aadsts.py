"""Every number of Microsoft's sign-in: which row explains it, and who has to act.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import json

import pytest

from portal.errors import IssuerError
from portal.explanations import EVERY, Explanation, Who
from portal.microsoft import aadsts, login, refusals
from tests.microsoft.cast import registration
from tests.microsoft.scripted import Server, reply

CLIENT, GRANT, ASKS = "invalid_client", "invalid_grant", "interaction_required"
DENIED, REQUEST = "access_denied", "invalid_request"
PERSON, ADMIN = Who.WORKSPACE, Who.MICROSOFT
OPERATOR, NOBODY = Who.OPERATOR, Who.NOBODY

# Beside each number the error that it was seen with, or is likely to come with.
TABLE: dict[int, tuple[str, str, Who]] = {
    28002: (REQUEST, "sign-in-not-taken", OPERATOR),
    28003: (REQUEST, "sign-in-not-taken", OPERATOR),
    50011: (CLIENT, "redirect-uri-not-registered", OPERATOR),
    50012: (CLIENT, "bad-certificate", OPERATOR),
    50020: (DENIED, "not-of-organization", PERSON),
    50033: (GRANT, "sign-in-busy", NOBODY),
    50034: (GRANT, "not-of-organization", PERSON),
    50053: ("unauthorized_client", "user-locked", ADMIN),
    50055: (GRANT, "password-expired", PERSON),
    50057: (GRANT, "user-disabled", ADMIN),
    50058: ("login_required", "sign-in-over", PERSON),
    50059: (REQUEST, "other-organization", OPERATOR),
    50076: (ASKS, "second-factor", PERSON),
    50078: (ASKS, "sign-in-over", PERSON),
    50079: (ASKS, "second-factor", PERSON),
    50087: (REQUEST, "sign-in-busy", NOBODY),
    50089: (GRANT, "sign-in-over", PERSON),
    50105: (DENIED, "user-not-assigned", ADMIN),
    50126: (GRANT, "wrong-password", PERSON),
    50131: (GRANT, "conditional-access", ADMIN),
    50132: (GRANT, "sign-in-over", PERSON),
    50133: (GRANT, "sign-in-over", PERSON),
    50148: (GRANT, "sign-in-used", PERSON),
    50173: (GRANT, "password-changed", PERSON),
    50194: (REQUEST, "other-organization", OPERATOR),
    50196: (GRANT, "sign-in-busy", NOBODY),
    53000: (ASKS, "conditional-access", ADMIN),
    53001: (ASKS, "conditional-access", ADMIN),
    53002: (ASKS, "conditional-access", ADMIN),
    53003: (ASKS, "conditional-access", ADMIN),
    53004: (ASKS, "conditional-access", ADMIN),
    54005: (GRANT, "sign-in-used", PERSON),
    65001: (GRANT, "not-approved", ADMIN),
    65004: (DENIED, "approval-declined", ADMIN),
    65005: (CLIENT, "permission-not-registered", OPERATOR),
    70000: (GRANT, "access-revoked", PERSON),
    70002: (CLIENT, "secret-not-taken", OPERATOR),
    70008: (GRANT, "access-revoked", PERSON),
    70011: ("invalid_scope", "sign-in-not-taken", OPERATOR),
    70018: ("bad_verification_code", "code-over", PERSON),
    70019: ("expired_token", "code-over", PERSON),
    70021: (REQUEST, "bad-certificate", OPERATOR),
    70043: (GRANT, "sign-in-over", PERSON),
    90002: (REQUEST, "no-organization", OPERATOR),
    90006: (REQUEST, "sign-in-busy", NOBODY),
    90009: ("invalid_resource", "sign-in-not-taken", OPERATOR),
    90012: (REQUEST, "sign-in-busy", NOBODY),
    90013: (REQUEST, "sign-in-not-taken", OPERATOR),
    90014: (REQUEST, "sign-in-not-taken", OPERATOR),
    90023: (REQUEST, "sign-in-not-taken", OPERATOR),
    90024: (REQUEST, "sign-in-busy", NOBODY),
    90033: (REQUEST, "sign-in-busy", NOBODY),
    90038: (REQUEST, "no-organization", OPERATOR),
    90055: (REQUEST, "sign-in-busy", NOBODY),
    90072: (ASKS, "not-of-organization", PERSON),
    90090: (REQUEST, "sign-in-busy", NOBODY),
    90093: (DENIED, "may-not-approve", ADMIN),
    90094: (DENIED, "not-approved", ADMIN),
    90095: (DENIED, "not-approved", ADMIN),
    90099: (DENIED, "not-approved", ADMIN),
    500011: ("invalid_resource", "service-unknown", OPERATOR),
    500014: ("invalid_resource", "service-disabled", ADMIN),
    500113: (REQUEST, "redirect-uri-not-registered", OPERATOR),
    501051: (GRANT, "application-not-assigned", ADMIN),
    501481: (GRANT, "sign-in-used", PERSON),
    530031: (DENIED, "conditional-access", ADMIN),
    530032: (GRANT, "conditional-access", ADMIN),
    530035: (GRANT, "conditional-access", ADMIN),
    650051: (CLIENT, "sign-in-busy", NOBODY),
    650052: (CLIENT, "no-subscription", ADMIN),
    650056: (CLIENT, "permission-not-registered", OPERATOR),
    650057: ("invalid_resource", "permission-not-registered", OPERATOR),
    650059: (REQUEST, "other-organization", OPERATOR),
    700005: (GRANT, "sign-in-used", PERSON),
    700016: ("unauthorized_client", "application-unknown", OPERATOR),
    700021: (CLIENT, "bad-certificate", OPERATOR),
    700022: (REQUEST, "sign-in-not-taken", OPERATOR),
    700023: (CLIENT, "bad-certificate", OPERATOR),
    700024: (CLIENT, "clock-wrong", OPERATOR),
    700025: (CLIENT, "no-secret-taken", OPERATOR),
    700027: (CLIENT, "bad-certificate", OPERATOR),
    700082: (GRANT, "access-revoked", PERSON),
    700084: (GRANT, "single-page-sign-in", OPERATOR),
    900144: (REQUEST, "sign-in-not-taken", OPERATOR),
    900382: (REQUEST, "no-organization", OPERATOR),
    900432: (REQUEST, "no-organization", OPERATOR),
    5002727: (CLIENT, "bad-certificate", OPERATOR),
    7000112: ("unauthorized_client", "application-disabled", ADMIN),
    7000215: (CLIENT, "wrong-secret", OPERATOR),
    7000218: (CLIENT, "secret-not-taken", OPERATOR),
    7000222: (CLIENT, "secret-expired", OPERATOR),
    9002313: (REQUEST, "sign-in-not-taken", OPERATOR),
}


def described(number: int) -> str:
    return f"AADSTS{number}: No.\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 3"


def row(error: IssuerError, number: int) -> Explanation:
    """Return what explains an error; it says that and keeps the number."""
    found = EVERY[error.cause]
    assert str(error) == found.sentence
    assert error.answer.code == f"AADSTS{number}"
    return found


@pytest.mark.parametrize("number", TABLE)
def test_a_number_of_the_token_endpoint_leads_to_its_row(
    server: Server, number: int
) -> None:
    error, name, who = TABLE[number]
    told = {
        "error": error,
        "error_description": described(number),
        "error_codes": [number],
    }
    server.will(reply(401 if error == CLIENT else 400, json.dumps(told).encode()))

    with pytest.raises(IssuerError) as refused:
        login.app_token(registration(server.url))

    found = row(refused.value, number)
    assert (found.name, found.who) == (name, who)


@pytest.mark.parametrize("number", TABLE)
def test_a_number_in_the_address_of_a_callback_leads_to_the_same(number: int) -> None:
    error, name, who = TABLE[number]

    found = row(refusals.returned(error, described(number)), number)

    assert (found.name, found.who) == (name, who)


@pytest.mark.parametrize("number", TABLE)
def test_what_nobody_has_to_end_passes(number: int) -> None:
    error, name, who = TABLE[number]

    refused = refusals.returned(error, described(number))

    # What lags behind a consent is asked again where a consent was given just now.
    assert refused.passing == (who is NOBODY and number not in aadsts.LAG)


def test_every_number_that_is_known_stands_in_the_table() -> None:
    assert set(aadsts.CAUSES) == set(TABLE)
