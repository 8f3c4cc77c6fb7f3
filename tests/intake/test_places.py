"""Where somebody has to go is a page of the account that is told of, no other."""

from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from portal import clock, db
from portal.commands.look import verified
from portal.explanations import sign_in
from portal.intake import test_mail
from portal.mail import journal
from portal.mail.journal import Event, Line
from portal.mail.outbox import State, records
from portal.workspace import accounts, verification
from portal.workspace.verification import Name, Outcome, Step, Verification
from tests.intake.posted import MAIL, MESSAGES
from tests.mail import backlog

ROW = sign_in.PASSWORD_CHANGED
FAILED = Step(
    name=Name.RENEWAL, outcome=Outcome.FAILED, said=ROW.sentence, cause=ROW.name
)


@pytest.fixture
def billing(knock: FlaskClient) -> UUID:
    """Add an account that another user will sign in for."""
    with db.session() as session:
        return accounts.add_delegated(session, "billing", by="Ann").id


@pytest.fixture
def page(billing: UUID) -> str:
    """Name the page where that account is put right."""
    return f"/accounts/{billing}/settings"


def stands(knock: FlaskClient) -> dict[str, Any]:
    """Tell how that account stands, as its key is told."""
    told = knock.get("/api/v1/status").get_json()["accounts"]
    found: dict[str, Any] = next(each for each in told if each["account"] == "billing")
    return found


def look(billing: UUID) -> Verification:
    found = Verification(account_id=billing, at=clock.now(), by="Ann", steps=(FAILED,))
    with db.session() as session:
        verification.keep(session, found)
    return found


def test_a_message_is_told_with_it(knock: FlaskClient, page: str) -> None:
    mail = MAIL | {"account": "billing"}

    link = knock.post(MESSAGES, json=mail).get_json()["links"]["self"]

    [listed] = knock.get(MESSAGES).get_json()["messages"]
    shown = knock.get(link).get_json()
    assert [each["explanation"]["place"] for each in (listed, shown)] == [page, page]


def test_so_is_each_line_of_its_history(
    knock: FlaskClient, billing: UUID, page: str
) -> None:
    told = knock.post(MESSAGES, json=MAIL | {"account": "billing"}).get_json()
    line = Line(
        event=Event.HELD,
        message_id=UUID(told["id"]),
        account_id=billing,
        reason=ROW.sentence,
        cause=ROW.name,
    )
    with db.session() as session:
        journal.write(session, line)

    shown = knock.get(told["links"]["self"]).get_json()

    assert shown["history"][-1]["explanation"]["place"] == page


def test_so_is_the_account(knock: FlaskClient, page: str) -> None:
    assert stands(knock)["explanation"]["place"] == page


def test_so_is_a_step_of_its_verification(
    knock: FlaskClient, billing: UUID, page: str
) -> None:
    found = look(billing)

    [step] = stands(knock)["verification"]["steps"]
    text = verified.as_text(found, page)

    assert step["explanation"]["place"] == page
    assert f"Where Settings, {page}" in " ".join(text.split())


def test_so_is_a_test_mail(billing: UUID, page: str) -> None:
    message_id = backlog.put(billing)
    why = {"reason": ROW.sentence, "cause": ROW.name}
    backlog.change(message_id, state=State.HELD, due_at=None, **why)

    with db.reading() as session:
        verdict = test_mail.judge(session, records.find(session, message_id))

    assert verdict.told.page == page
