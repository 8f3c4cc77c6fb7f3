"""Approval for a whole organization."""

import pytest

from portal.sandbox.seeds import CONTOSO, FABRIKAM
from tests.sandbox.serving import CALLBACK, Sandbox
from tests.sandbox.walking import (
    ALEX,
    PAT,
    SHARED,
    answer_of,
    application_token,
    approval_url,
    authorize_url,
    send,
)


def test_an_approval_is_told_as_microsoft_tells_it(fresh: Sandbox) -> None:
    back = fresh.sign_in(None, approval_url(fresh, scope="Mail.Send"))

    assert back.startswith(f"{CALLBACK}?")
    assert answer_of(back) == {
        "admin_consent": "True",
        "tenant": CONTOSO.id,
        "scope": "Mail.Send",
        "state": "s1",
    }


def test_nobody_is_asked_again_for_what_was_approved(fresh: Sandbox) -> None:
    fresh.sign_in(None, approval_url(fresh, scope=SHARED))

    back = fresh.sign_in(
        None, authorize_url(fresh, scope=SHARED), as_=ALEX, answer="cancel"
    )

    assert "code" in answer_of(back)


def test_named_scopes_give_the_application_nothing_of_its_own(fresh: Sandbox) -> None:
    fresh.sign_in(None, approval_url(fresh, scope="Mail.Send"))

    token = application_token(fresh, approved=False)

    assert send(fresh, token, f"/users/{ALEX}/sendMail").status_code == 403


def test_default_gives_the_application_its_roles(fresh: Sandbox) -> None:
    token = application_token(fresh)

    assert send(fresh, token, f"/users/{ALEX}/sendMail").status_code == 202


def test_cancel_is_an_error_that_still_says_true(fresh: Sandbox) -> None:
    answer = answer_of(fresh.sign_in(None, approval_url(fresh), answer="cancel"))

    assert answer["admin_consent"] == "True"
    assert answer["error"] == "consent_required"
    assert answer["error_description"].startswith("AADSTS65004")


def test_who_is_no_administrator_cannot_approve(fresh: Sandbox) -> None:
    answer = answer_of(fresh.sign_in(None, approval_url(fresh), as_=ALEX))

    assert answer["admin_consent"] == "True"
    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS90094")


def test_another_organizations_administrator_cannot_approve(fresh: Sandbox) -> None:
    with pytest.raises(AssertionError, match="AADSTS50020"):
        fresh.sign_in(None, approval_url(fresh), as_=PAT)


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        (50011, {"redirect_uri": "https://evil.example/callback"}),
        (700016, {"client_id": "nobody"}),
        (700016, {"tenant": FABRIKAM.domain}),
        (50194, {"tenant": "organizations"}),
    ],
)
def test_some_refusals_stay_on_a_page(
    sandbox: Sandbox, code: int, asked: dict[str, str]
) -> None:
    page = sandbox.session.get(approval_url(sandbox, **asked), allow_redirects=False)

    assert page.status_code == 400
    assert f"AADSTS{code}:" in page.text


def test_an_unknown_scope_goes_back(sandbox: Sandbox) -> None:
    answer = answer_of(sandbox.sign_in(None, approval_url(sandbox, scope="Mail.Sned")))

    assert (answer["error"], answer["admin_consent"]) == ("invalid_scope", "True")


def test_trouble_of_microsofts_still_says_true(fresh: Sandbox) -> None:
    answer = answer_of(fresh.sign_in(None, approval_url(fresh), answer="trouble"))

    assert (answer["error"], answer["admin_consent"]) == (
        "temporarily_unavailable",
        "True",
    )


def test_a_cancel_may_be_told_the_older_way(fresh: Sandbox) -> None:
    answer = answer_of(fresh.sign_in(None, approval_url(fresh), answer="older"))

    assert answer["error"] == "permission_denied"
    assert "admin_consent" not in answer


@pytest.mark.parametrize("answer", ["wall", "lag"])
def test_other_endings_can_be_played(fresh: Sandbox, answer: str) -> None:
    back = answer_of(fresh.sign_in(None, approval_url(fresh), answer=answer))

    assert ("error" in back) is (answer == "wall")
    waiting = fresh.session.get(f"{fresh.url}/faults.json", timeout=9).json()
    assert [each["kind"] for each in waiting] == ["consent-lag"] * (answer == "lag")
