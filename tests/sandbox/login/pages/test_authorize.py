"""Sign-in and consent, with every refusal on a page or back at the application."""

from html import unescape
from typing import Any

import pytest

from portal.sandbox.seeds import CONTOSO, FABRIKAM
from tests.sandbox.serving import CALLBACK, Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    EVERYTHING,
    NOREPLY,
    PAT,
    REPORTS,
    answer_of,
    approval_url,
    authorize_url,
    redeem,
    tokens,
)


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        (900144, {"client_id": None}),
        (700016, {"client_id": "11111111-1111-1111-1111-111111111111"}),
        (900144, {"redirect_uri": None}),
        (50011, {"redirect_uri": f"{CALLBACK}/"}),
        (90002, {"tenant": "nowhere.example"}),
        (50194, {"tenant": "common"}),
        (50194, {"tenant": "organizations"}),
        (700016, {"tenant": FABRIKAM.id}),
    ],
)
def test_some_refusals_stay_on_a_page(
    sandbox: Sandbox, code: int, asked: dict[str, Any]
) -> None:
    page = sandbox.session.get(authorize_url(sandbox, **asked), allow_redirects=False)

    assert page.status_code == 400
    assert f"AADSTS{code}:" in page.text


@pytest.mark.parametrize(
    ("error", "code", "asked"),
    [
        ("invalid_request", 900144, {"response_type": None}),
        ("unsupported_response_type", 700054, {"response_type": "code id_token"}),
        ("invalid_request", 900144, {"scope": None}),
        ("invalid_scope", 70011, {"scope": "Mail.Sned"}),
        ("invalid_resource", 500011, {"scope": "https://example.com/Mail.Send"}),
        ("invalid_request", 90023, {"response_mode": "smoke"}),
        ("invalid_request", 90023, {"prompt": "admin_consent"}),
        ("login_required", 50058, {"prompt": "none"}),
        ("invalid_request", 90023, {"code_challenge_method": "S512"}),
        (
            "invalid_request",
            90013,
            {"prompt": "select_account", "login_hint": ADMIN},
        ),
    ],
)
def test_other_refusals_go_back(
    sandbox: Sandbox, error: str, code: int, asked: dict[str, Any]
) -> None:
    page = sandbox.session.get(authorize_url(sandbox, **asked), allow_redirects=False)

    answer = answer_of(page.headers["Location"])
    assert (answer["error"], answer["state"]) == (error, "s1")
    assert answer["error_description"].startswith(f"AADSTS{code}: ")


def test_a_tenant_is_named_by_id_or_domain(sandbox: Sandbox) -> None:
    for name in (CONTOSO.id, CONTOSO.domain):
        back = sandbox.sign_in(None, authorize_url(sandbox, tenant=name))

        assert back.startswith(f"{CALLBACK}?code=")


def test_the_people_are_buttons_and_the_hint_comes_first(sandbox: Sandbox) -> None:
    page = sandbox.session.get(authorize_url(sandbox, login_hint=ALEX)).text

    first = page.index(f">{ALEX}</button>")
    assert first < page.index(f">{ADMIN}</button>") < page.index(f">{PAT}</button>")
    assert NOREPLY not in page


def test_consent_lists_what_is_asked_and_is_given_once(fresh: Sandbox) -> None:
    page = signed_in(fresh, ADMIN)

    assert 'scope="row">Mail.Send</th>' in page
    assert ">Accept</button>" in page
    assert ">Cancel</button>" in page
    fresh.sign_in(None, authorize_url(fresh))
    assert signed_in(fresh, ADMIN) == ""


def test_prompt_consent_asks_again(fresh: Sandbox) -> None:
    tokens(fresh)

    assert "Permissions requested" in signed_in(fresh, ADMIN, prompt="consent")


def test_who_cancels_is_sent_back_without_a_code(fresh: Sandbox) -> None:
    back = fresh.sign_in(None, authorize_url(fresh), answer="cancel")

    answer = answer_of(back)
    assert answer["error"] == "access_denied"
    assert answer["error_subcode"] == "cancel"
    assert answer["error_description"].startswith("AADSTS65004")
    assert "code" not in answer


def test_trouble_of_microsofts_is_told(fresh: Sandbox) -> None:
    answer = answer_of(fresh.sign_in(None, authorize_url(fresh), answer="trouble"))

    assert answer["error"] == "temporarily_unavailable"
    assert answer["error_description"].startswith("AADSTS90033")


def test_ones_consent_is_not_anothers(fresh: Sandbox) -> None:
    tokens(fresh, REPORTS)

    assert "Permissions requested" in signed_in(fresh, ALEX)


def test_without_user_consent_people_meet_a_wall(fresh: Sandbox) -> None:
    fresh.fault("user-consent-off")

    assert "Needs admin approval" in signed_in(fresh, ALEX)
    answer = answer_of(fresh.sign_in(None, authorize_url(fresh), as_=ALEX))
    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS90094")


def test_the_wall_stands_before_a_mere_sign_in_too(fresh: Sandbox) -> None:
    fresh.fault("user-consent-off")
    plain = authorize_url(fresh, scope="openid profile")

    answer = answer_of(fresh.sign_in(None, plain, as_=ALEX))
    fresh.sign_in(None, approval_url(fresh, scope="openid profile"))
    again = answer_of(fresh.sign_in(None, plain, as_=ALEX))

    assert answer["error_description"].startswith("AADSTS90094")
    assert "code" in again


def test_the_wall_opens_when_the_organization_approved(fresh: Sandbox) -> None:
    fresh.fault("user-consent-off")
    fresh.sign_in(None, approval_url(fresh))

    back = fresh.sign_in(None, authorize_url(fresh, scope=EVERYTHING), as_=ALEX)

    assert "code" in answer_of(back)


def test_an_administrator_may_consent_for_everybody(fresh: Sandbox) -> None:
    form = signed_in(fresh, ADMIN)
    action, visit = unescape(form.split('action="')[1].split('"')[0]), visit_of(form)
    fresh.session.post(
        f"{fresh.url}{action}",
        data={"visit": visit, "answer": "accept", "everybody": "on"},
        allow_redirects=False,
    )

    assert signed_in(fresh, ALEX) == ""


def test_who_comes_from_elsewhere_is_refused(sandbox: Sandbox) -> None:
    assert "AADSTS50020" in signed_in(sandbox, PAT)


def test_a_guest_signs_in_from_elsewhere(sandbox: Sandbox) -> None:
    sandbox.fault("guest")

    assert "id_token" in tokens(sandbox, PAT)


def test_a_shared_mailbox_cannot_sign_in(sandbox: Sandbox) -> None:
    assert "AADSTS50057" in signed_in(sandbox, NOREPLY)


def test_a_visit_ends_with_its_answer(sandbox: Sandbox) -> None:
    page = sandbox.session.get(authorize_url(sandbox, prompt="consent")).text
    form = {"visit": visit_of(page), "account": ADMIN}
    url = f"{sandbox.url}/{CONTOSO.id}"
    sandbox.session.post(f"{url}/sign-in", data=form)
    last = {"visit": form["visit"], "answer": "cancel"}
    sandbox.session.post(f"{url}/consent", data=last, allow_redirects=False)

    again = sandbox.session.post(f"{url}/consent", data=last, allow_redirects=False)

    assert again.status_code == 400


def test_another_sites_form_is_refused(sandbox: Sandbox) -> None:
    answer = sandbox.session.post(
        f"{sandbox.url}/{CONTOSO.id}/sign-in",
        data={"visit": "x"},
        headers={"Origin": "https://evil.example"},
    )

    assert answer.status_code == 403


def test_a_fragment_or_a_form_carries_the_answer(sandbox: Sandbox) -> None:
    tokens(sandbox)
    fragment = authorize_url(sandbox, response_mode="fragment")

    assert sandbox.sign_in(None, fragment).startswith(f"{CALLBACK}#code=")
    page = signed_in(sandbox, ADMIN, response_mode="form_post")
    assert f'<form action="{CALLBACK}"' in page
    assert 'name="code"' in page
    assert 'name="state" value="s1"' in page


def test_default_stands_for_what_is_registered(fresh: Sandbox) -> None:
    default = "openid https://graph.microsoft.com/.default"
    code = answer_of(fresh.sign_in(None, authorize_url(fresh, scope=default)))["code"]

    answer = redeem(fresh, code).json()

    assert "https://graph.microsoft.com/Mail.ReadWrite" in answer["scope"].split()


def signed_in(sandbox: Sandbox, who: str, **asked: str) -> str:
    """Press an account; return the page that follows, empty when there is none."""
    page = sandbox.session.get(authorize_url(sandbox, **asked)).text
    answer = sandbox.session.post(
        f"{sandbox.url}/{CONTOSO.id}/sign-in",
        data={"visit": visit_of(page), "account": who},
        allow_redirects=False,
    )
    return "" if answer.is_redirect else answer.text


def visit_of(page: str) -> str:
    """Return the visit a form belongs to."""
    return page.split('name="visit" value="')[1].split('"')[0]
