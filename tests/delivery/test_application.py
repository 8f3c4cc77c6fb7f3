"""Sending by the application's own permission: from one mailbox, or from many."""

from datetime import timedelta

import pytest

from portal import db
from portal.config import Config
from portal.delivery.graph.drafted import FOUND
from portal.explanations import graph, own
from portal.explanations.graph import TOO_BIG_FOR_ONE_REQUEST
from portal.mail.lanes import FeedRow, LaneRow
from portal.mail.message import Attachment
from portal.mail.outbox import LOOKS, State
from portal.workspace import accounts, tokens
from portal.workspace.tokens import application
from tests.conftest import Passing
from tests.delivery.applying import DOMAIN, add, approve, found, hold, send
from tests.delivery.steps import later, record, work
from tests.sandbox.serving import Sandbox

ALEX = "alex@contoso.example"
NOREPLY = "noreply@contoso.example"
REPORTS = "reports@contoso.example"
TEAM = "team@contoso.example"
NOBODY = "nobody@contoso.example"
SOON = LOOKS[0] + timedelta(seconds=1)


@pytest.fixture
def microsoft(house: Config, sandbox: Sandbox) -> Sandbox:
    """Register the application, which an administrator has let in."""
    approve(house, sandbox)
    return sandbox


def lane() -> str:
    with db.reading() as session:
        feed = session.get_one(FeedRow, found().id)
        return session.get_one(LaneRow, feed.lane_id).key


@pytest.mark.parametrize("sender", [REPORTS, NOREPLY])
def test_a_mailbox_sends_mime_as_itself(microsoft: Sandbox, sender: str) -> None:
    add(sender)

    message = send()

    [mail] = microsoft.mails()
    assert record(message).state == State.SENT
    assert mail["call"] == f"POST /v1.0/users/{sender}/sendMail"
    assert (mail["from"], mail["mailbox"]) == (sender, sender)
    assert mail["internet_message_id"] == record(message).internet_message_id


def test_a_mailbox_is_its_own_lane(microsoft: Sandbox) -> None:
    add("Reports@contoso.example")

    assert lane() == REPORTS


def test_a_catch_all_sends_as_any_address_of_its_domain(microsoft: Sandbox) -> None:
    account = add(DOMAIN)

    messages = [send(ALEX), send(NOREPLY)]

    assert {record(each).state for each in messages} == {State.SENT}
    assert {mail["mailbox"] for mail in microsoft.mails()} == {ALEX, NOREPLY}
    assert lane() == f"application/{account.id}"


def test_without_from_the_first_address_sends(microsoft: Sandbox) -> None:
    add(DOMAIN, NOREPLY, REPORTS)

    send()
    send(REPORTS)

    assert [mail["from"] for mail in microsoft.mails()] == [REPORTS, NOREPLY]


def test_the_account_is_proven_by_its_first_mail(microsoft: Sandbox) -> None:
    assert add(REPORTS).proven_at is None

    send()

    assert found().proven_at


@pytest.mark.parametrize("sender", [TEAM, NOBODY, "it@contoso.example"])
def test_what_has_no_mailbox_holds_its_own_message(
    microsoft: Sandbox, sender: str
) -> None:
    add(DOMAIN)

    message = send(sender)
    other = send(REPORTS)

    assert record(message).state == State.HELD
    assert record(message).reason == graph.NO_MAILBOX_THERE.sentence
    assert record(other).state == State.SENT
    assert hold() is None


def test_an_only_address_without_a_mailbox_holds_the_account(
    microsoft: Sandbox,
) -> None:
    add(TEAM)

    send()

    held = hold()
    assert held
    assert held.reason == graph.NO_MAILBOX_THERE.sentence


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("ErrorSendAsDenied", graph.NOT_ITSELF.sentence),
        ("MailboxNotEnabledForRESTAPI", graph.NO_MAILBOX_THERE.sentence),
    ],
)
def test_what_one_mailbox_may_not_holds_no_other(
    microsoft: Sandbox, code: str, sentence: str
) -> None:
    add(DOMAIN)
    microsoft.fault("error", status=403, code=code)

    message = send(ALEX)
    other = send(REPORTS)

    assert (record(message).state, record(message).reason) == (State.HELD, sentence)
    assert record(other).state == State.SENT


def test_what_is_granted_while_it_is_set_up_is_waited_for(
    microsoft: Sandbox, passes: Passing
) -> None:
    add(DOMAIN)
    microsoft.fault("consent-lag", None)
    message = send(ALEX)
    waiting = record(message)
    microsoft.clear()

    passes(minutes=1)
    work()

    assert (waiting.state, waiting.cause) == (State.QUEUED, graph.NOT_YET_ALLOWED.name)
    assert record(message).state == State.SENT


def test_a_trial_does_not_wait_for_what_may_be_granted(microsoft: Sandbox) -> None:
    account = add(DOMAIN)
    before = tokens.current(account.id).young

    with db.session() as session:
        accounts.make_trial(session, account.id)

    assert (before, tokens.current(account.id).young) == (True, False)


def test_an_application_that_was_granted_nothing_is_held(
    microsoft: Sandbox, passes: Passing
) -> None:
    add(DOMAIN)
    passes(seconds=tokens.FRESH.total_seconds())
    microsoft.fault("consent-lag")

    message = send(ALEX)
    microsoft.clear()

    held = hold()
    assert held
    assert held.reason == graph.NO_ACCESS.sentence
    assert record(message).state == State.HELD


def test_a_token_from_before_the_permission_is_fetched_anew(
    microsoft: Sandbox,
) -> None:
    add(DOMAIN)
    microsoft.fault("consent-lag")
    application.current()
    microsoft.clear()

    message = send(ALEX)

    assert (record(message).state, hold()) == (State.SENT, None)


def test_once_proven_a_mailbox_that_exchange_denies_is_denied_alone(
    microsoft: Sandbox,
) -> None:
    add(DOMAIN)
    send(REPORTS)
    microsoft.fault("error", status=403, code="ErrorAccessDenied")

    message = send(ALEX)

    assert (record(message).state, record(message).reason) == (
        State.HELD,
        graph.NO_ACCESS.sentence,
    )
    assert hold() is None
    assert record(send(REPORTS)).state == State.SENT


def test_who_is_denied_again_and_again_fetches_no_token_each_time(
    microsoft: Sandbox, passes: Passing
) -> None:
    add(DOMAIN)
    send(REPORTS)
    passes(minutes=5)
    microsoft.fault("error", None, status=403, code="ErrorAccessDenied")
    before = len(microsoft.calls("/token"))

    denied = [send(ALEX) for _ in range(3)]

    assert {record(each).state for each in denied} == {State.HELD}
    assert len(microsoft.calls("/token")) == before + 1


def test_a_large_file_goes_by_an_upload_session(microsoft: Sandbox) -> None:
    add(DOMAIN, large=True)
    file = Attachment(b"x" * 4_500_000, name="large.bin")

    message = send(NOREPLY, attachments=[file])

    [mail] = microsoft.mails()
    assert record(message).state == State.SENT
    assert (mail["from"], mail["mailbox"]) == (NOREPLY, NOREPLY)
    assert [each["size"] for each in mail["attachments"]] == [4_500_000]
    assert microsoft.calls("PATCH ") == []
    assert microsoft.calls("/me/") == []


def test_without_large_files_it_says_what_it_needs(microsoft: Sandbox) -> None:
    add(NOREPLY)
    file = Attachment(b"x" * 4_500_000, name="large.bin")

    message = send(attachments=[file])

    assert (record(message).state, record(message).reason) == (
        State.HELD,
        TOO_BIG_FOR_ONE_REQUEST.sentence,
    )


def test_a_lost_answer_is_looked_up_where_it_left(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(DOMAIN, large=True)
    microsoft.fault("504-accepted")
    message = send(ALEX)
    assert record(message).state == State.SENDING

    later(monkeypatch, SOON)
    work()

    assert (record(message).state, record(message).reason) == (State.SENT, FOUND)
    [asked] = microsoft.calls("GET /v1.0")
    assert asked["path"].startswith(f"/v1.0/users/{ALEX}/messages")


def test_without_reading_a_lost_answer_stays_lost(
    microsoft: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(DOMAIN)
    microsoft.fault("504-accepted")
    message = send(ALEX)

    later(monkeypatch, SOON)
    work()

    assert record(message).state == State.UNCONFIRMED
    assert record(message).reason == own.CANNOT_READ.sentence
