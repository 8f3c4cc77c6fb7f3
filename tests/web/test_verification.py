"""Verify setup in the browser: the steps, a test mail where one is asked for."""

from collections.abc import Callable

import pytest

from portal import db
from portal.sandbox.seeds import TENANT_ID
from portal.workspace import accounts
from tests.delivery.steps import work
from tests.mail import backlog
from tests.sandbox.serving import Sandbox
from tests.web.browsing import Browser, heading, words
from tests.web.losing import lose

ANN = "admin@contoso.example"
JANE = "jane@example.com"
SECRET_EXPIRED = "The client secret has expired."


@pytest.fixture
def at(ann: Browser) -> str:
    """Connect the workspace's own account; return where it is verified."""
    ann.enable(ANN)
    return f"/accounts/{backlog.account()}/verification"


def verify(ann: Browser, at: str, to: str = "") -> str:
    answer = ann.post(at, {"to": to}, form_at=at)
    assert answer.status_code == 303
    return words(ann.follow(answer))


def test_the_button_of_the_settings_leads_to_the_steps(ann: Browser, at: str) -> None:
    answer = ann.post(at)

    page = ann.follow(answer)
    said = words(page)
    assert heading(page) == "Verify setup – default"
    assert "No step has failed" in said
    assert "Credential accepted OK Microsoft accepts the client secret." in said
    assert "Redirect URI OK" in said
    assert "Test mail Skipped None was asked for." in said


def test_before_the_first_time_it_says_what_it_does(ann: Browser, at: str) -> None:
    assert "Goes through the setup step by step" in words(ann.get(at))


def test_a_failed_step_says_who_acts_and_where(
    ann: Browser, at: str, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired", times=None)

    said = verify(ann, at)

    assert f"Credential accepted Failed {SECRET_EXPIRED}" in said
    assert "Who must act the operator of this portal Where App registration" in said
    assert "because “Credential accepted” has failed." in said


def test_a_test_mail_follows_and_tells_its_end(
    ann: Browser, at: str, sandbox: Sandbox
) -> None:
    waits = verify(ann, at, JANE)

    work()

    assert "Test mail On its way" in waits
    assert f"Test mail OK Sent from {ANN} to {JANE}." in words(ann.get(at))
    assert len(sandbox.mails("TEST MESSAGE!")) == 1


def test_a_test_mail_that_is_refused_says_why(
    ann: Browser, at: str, sandbox: Sandbox
) -> None:
    sandbox.fault("error")
    verify(ann, at, JANE)

    work()

    said = words(ann.get(at))
    assert "Test mail Failed The mailbox is full." in said
    assert "A step has failed" in said


def test_a_test_mail_whose_answer_was_lost_has_not_failed(
    ann: Browser, at: str, sandbox: Sandbox
) -> None:
    sandbox.fault("504-accepted", only="sendMail")

    said = lose(ann, at, {"to": JANE})

    assert "Test mail May have been sent The answer was lost" in said
    assert "No step has failed, but the answer to the test mail was lost." in said
    assert "Failed" not in said


def test_no_mail_follows_a_step_that_failed(
    ann: Browser, at: str, sandbox: Sandbox
) -> None:
    sandbox.fault("secret-expired", times=None)

    verify(ann, at, JANE)
    work()

    assert sandbox.mails() == []


def test_an_address_that_is_none_verifies_nothing(
    ann: Browser, at: str, sandbox: Sandbox
) -> None:
    sandbox.clear()

    answer = ann.post(at, {"to": "nobody"}, form_at=at)

    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text
    assert sandbox.calls(TENANT_ID) == []


def test_an_account_that_is_switched_off_sends_none(ann: Browser, at: str) -> None:
    with db.session() as session:
        accounts.enable(session, backlog.account(), enabled=False)

    answer = ann.post(at, {"to": JANE}, form_at=at)

    assert answer.status_code == 422
    assert "No test mail was sent" in words(answer)


@pytest.mark.parametrize("press", [Browser.get, Browser.post])
def test_what_is_no_account_is_not_found(
    ann: Browser, press: Callable[[Browser, str], object]
) -> None:
    answer = press(ann, "/accounts/0193a8a2-7c1e-7d3a-9b5e-2f6a1c0d4e5f/verification")

    assert getattr(answer, "status_code", 0) == 404


def test_in_portuguese_each_step_is_said_in_portuguese(ann: Browser, at: str) -> None:
    verify(ann, at)

    said = words(ann.get(at, **{"Accept-Language": "pt-BR"}))

    assert "Credencial aceita OK A Microsoft aceita o segredo do cliente." in said
    assert "A entrada se renova OK Microsoft acabou de renová-la." in said
