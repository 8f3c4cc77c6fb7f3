"""Who signed in, and what for: forged, foreign or too little, and nothing changes."""

import time
from typing import Any

import pytest

from tests import stored, trip
from tests.relay import Answer, Relay
from tests.trip import ANN
from tests.web.baddays import forging
from tests.web.baddays.forging import Sign, forge, soundly
from tests.web.browsing import Browser, words
from tests.workspace.consent.watching import in_force

NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
OTHER = "fab21ca0-5a1d-4b0c-9c0d-000000000002"
NOTHING_CHANGED = "Nothing has changed: mail keeps leaving as before"
HOUR = 3600  # seconds
WRONG: dict[str, dict[str, Any]] = {
    "another organization": {"tid": OTHER},
    "no organization": {"tid": None},
    "a private account": {"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"},
    "another issuer": {"iss": f"https://login.example/{OTHER}/v2.0"},
    "another application": {"aud": OTHER},
    "two applications": {"aud": ["a9900000-5a1d-4b0c-9c0d-0000000000aa", OTHER]},
    "another trip": {"nonce": "of another trip"},
    "no trip": {"nonce": None},
    "without an end": {"exp": None},
    "a guest": {"idp": f"https://sts.windows.net/{OTHER}/"},
    "a guest by mark": {"acct": 1},
    "nobody": {"oid": None},
    "nobody with a name": {"preferred_username": None, "email": None},
    "somebody without an address": {"preferred_username": "+49 30 1", "email": None},
}
UNTIMELY = {"exp": -HOUR, "iat": HOUR, "nbf": HOUR}  # from now
SIGNED: list[Sign] = [
    forging.with_another_key,
    forging.with_an_unknown_key,
    forging.with_a_key_of_its_own,
    forging.with_the_address_of_a_key,
    forging.not_at_all,
    forging.with_the_public_key_as_a_secret,
    forging.with_another_algorithm,
    forging.by_bending_it_afterwards,
]
LITTLE: dict[str, Answer] = {
    "no refresh token": {"refresh_token": None},
    "an empty refresh token": {"refresh_token": ""},
    "no id_token": {"id_token": None},
    "an id_token of another kind": {"id_token": ["e30.e30.e30"]},
    "an id_token of a megabyte": {"id_token": "e30." + "x" * 900_000 + ".x"},
    "no access token": {"access_token": None},
    "an access token with a header in it": {"access_token": "x\r\nSet-Cookie: a=b"},
    "no permission to send": {"scope": "openid profile User.Read"},
    "a permission with a longer name": {"scope": "openid Mail.Send.All Mail.SendX"},
    "a permission of another resource": {"scope": "https://evil.example/Mail.Send"},
}


def fails(browser: Browser) -> str:
    """Connect by the operator's link; expect to be told why not, and nothing else."""
    link = trip.invite()
    before = in_force()

    page = browser.follow(browser.travel(f"/connect/{link}", REPORTS))

    assert page.status_code == 400, words(page)
    assert NOTHING_CHANGED in words(page)
    assert f'href="/connect/{link}"' in page.text
    assert "Try again" in page.text
    assert in_force() == before
    assert stored.rows("connection") == 0
    return words(page)


def test_the_forger_is_believed_as_long_as_he_changes_nothing(
    anybody: Browser, between: Relay
) -> None:
    forge(between, soundly)

    anybody.travel(f"/connect/{trip.invite()}", REPORTS)

    assert trip.in_force()[1] == REPORTS


@pytest.mark.parametrize("who", WRONG)
def test_somebody_who_is_not_who_may_is_refused(
    anybody: Browser, between: Relay, who: str
) -> None:
    forge(between, soundly, **WRONG[who])

    fails(anybody)


@pytest.mark.parametrize("claim", UNTIMELY)
def test_a_sign_in_of_another_time_is_refused(
    anybody: Browser, between: Relay, claim: str
) -> None:
    forge(between, soundly, **{claim: int(time.time()) + UNTIMELY[claim]})

    fails(anybody)


@pytest.mark.parametrize("sign", SIGNED)
def test_what_microsoft_did_not_sign_is_refused(
    anybody: Browser, between: Relay, sign: Sign
) -> None:
    forge(between, sign)

    assert "signature of this sign-in is not Microsoft's" in fails(anybody)


@pytest.mark.parametrize("what", LITTLE)
def test_too_little_is_refused(anybody: Browser, between: Relay, what: str) -> None:
    between.edit = lambda answer: answer | LITTLE[what]

    fails(anybody)


def test_somebody_without_an_address_is_shown_by_a_quoted_name(
    anybody: Browser, between: Relay
) -> None:
    forge(between, soundly, preferred_username=None, email=None, name=NOREPLY)

    there = anybody.travel(f"/connect/{trip.invite(NOREPLY)}", REPORTS)
    asked = words(anybody.follow(there))
    told = words(anybody.follow(anybody.confirm(there.headers["Location"])))

    assert f"Expected {NOREPLY} , signed in as “{NOREPLY}” ;" in asked
    assert f"if “{NOREPLY}” may Send As it" in told
    assert f"Connected as “{NOREPLY}”" in told
    connection, sender = trip.in_force()
    assert (connection.owns(sender), connection.address) == (False, "")
    assert f"-Trustee '{connection.oid}'" in told


def test_a_forged_admin_does_not_get_in(anybody: Browser, between: Relay) -> None:
    for sign in SIGNED:
        forge(between, sign, preferred_username=ANN, roles=["Portal.Admin"])
        assert anybody.follow(anybody.sign_in(REPORTS)).status_code == 400

    assert stored.rows("session") == 0


def test_an_admins_address_in_another_field_opens_nothing(
    anybody: Browser, between: Relay
) -> None:
    forge(between, soundly, email=ANN, name=ANN, upn=ANN, unique_name=ANN, sub=ANN)

    assert anybody.follow(anybody.sign_in(REPORTS)).status_code == 403
    assert stored.rows("session") == 0


@pytest.mark.parametrize(
    "fault", ["scope-absent", "scope-short", "scope-full", "scope-shouted"]
)
def test_permissions_count_in_whichever_form_they_are_named(
    ann: Browser, fault: str
) -> None:
    ann.sandbox.fault(fault)

    ann.enable(ANN, large=True)

    assert {"Mail.Send", "Mail.ReadWrite"} <= trip.in_force()[0].scopes


def test_a_wider_switch_without_its_permission_leaves_all_as_it_was(
    ann: Browser,
) -> None:
    ann.enable(ANN)
    connection, _ = trip.in_force()
    ann.sandbox.fault("scope-missing", scope="Mail.ReadWrite")

    change = ann.ask(ANN, large=True)
    ann.travel(f"/consent/{change}")
    page = ann.follow(ann.travel(f"/consent/{change}"))

    assert page.status_code == 400
    assert "did not grant: Mail.ReadWrite" in words(page)
    assert trip.in_force() == (connection, ANN)
