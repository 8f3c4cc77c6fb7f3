"""From a draft to a mail in the sandbox, and each mishap of Graph on the way."""

from typing import Any

import pytest

from portal.errors import Deferred, DeliveryError, Scope, Unsure, Withheld
from portal.microsoft import drafts, graph
from portal.microsoft.drafts import Found
from tests.microsoft import cast
from tests.microsoft.mishaps import MISHAPS
from tests.sandbox.serving import Sandbox

REPORTS = "reports@contoso.example"  # may send as team@
TEAM = "team@contoso.example"
ALEX = "alex@contoso.example"
ADMIN = "admin@contoso.example"
SIGN_IN = ("openid", "profile", "email", "offline_access")
MESSAGE_ID = "<o'neil+1@contoso.example>"
MIME = (
    "From: reports@contoso.example\r\nTo: b@example.com\r\nSubject: Large\r\n"
    f"Message-ID: {MESSAGE_ID}\r\n\r\nHello\r\n"
).encode()


def connect(sandbox: Sandbox, as_: str, *permissions: str) -> str:
    """Connect somebody, and return an access token with these permissions alone."""
    app = cast.registration(sandbox.url)
    return cast.connect(sandbox, app, as_, (*SIGN_IN, *permissions)).access_token


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    return connect(sandbox, REPORTS, "Mail.Send", "Mail.Send.Shared", "Mail.ReadWrite")


@pytest.fixture
def draft(sandbox: Sandbox, token: str) -> Found:
    """Keep the message as a draft."""
    return drafts.create(graph.mailbox(sandbox.url), token, MIME)


def test_a_draft_is_found_by_its_id_and_by_its_message_id(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    assert draft.draft
    assert draft.sender == REPORTS
    assert drafts.find(graph.mailbox(sandbox.url), token, draft.id) == draft
    assert drafts.search(graph.mailbox(sandbox.url), token, MESSAGE_ID) == [draft]
    assert drafts.search(graph.mailbox(sandbox.url), token, "<2@contoso.example>") == []


def test_a_sent_draft_is_found_by_the_same_id(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    answer = drafts.send(graph.mailbox(sandbox.url), token, draft.id)

    sent = Found(id=draft.id, draft=False, sender=REPORTS)
    assert answer.status == 202
    assert len(sandbox.mails("Large")) == 1
    assert drafts.find(graph.mailbox(sandbox.url), token, draft.id) == sent
    assert drafts.search(graph.mailbox(sandbox.url), token, MESSAGE_ID) == [sent]


def test_a_sent_draft_whose_id_changed_is_found_by_its_message_id(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    sandbox.fault("ids-change")

    drafts.send(graph.mailbox(sandbox.url), token, draft.id)

    [sent] = drafts.search(graph.mailbox(sandbox.url), token, MESSAGE_ID)
    assert drafts.find(graph.mailbox(sandbox.url), token, draft.id) is None
    assert not sent.draft


def test_a_draft_leaves_from_who_may_be_sent_as(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    changed = drafts.readdress(
        graph.mailbox(sandbox.url), token, draft.id, TEAM, "Team"
    )
    drafts.send(graph.mailbox(sandbox.url), token, draft.id)

    assert changed == Found(id=draft.id, draft=True, sender=TEAM)
    assert sandbox.mails("Large")[0]["from"] == TEAM


def test_a_draft_from_who_may_not_be_sent_as_holds_the_account(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    drafts.readdress(graph.mailbox(sandbox.url), token, draft.id, ALEX)

    with pytest.raises(Withheld, match="Send As") as error:
        drafts.send(graph.mailbox(sandbox.url), token, draft.id)

    assert error.value.answer.code == "ErrorSendAsDenied"


def test_a_deleted_draft_is_gone_and_may_be_deleted_again(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    drafts.discard(graph.mailbox(sandbox.url), token, draft.id)
    drafts.discard(graph.mailbox(sandbox.url), token, draft.id)

    assert drafts.find(graph.mailbox(sandbox.url), token, draft.id) is None
    with pytest.raises(Deferred):
        drafts.readdress(graph.mailbox(sandbox.url), token, draft.id, TEAM)
    with pytest.raises(Unsure):
        drafts.send(graph.mailbox(sandbox.url), token, draft.id)


@pytest.mark.parametrize("name", ["create", "readdress", "find", "search", "discard"])
def test_a_mailbox_that_may_not_be_read_holds_the_account(
    sandbox: Sandbox, draft: Found, name: str
) -> None:
    # A token holds all that its user ever approved, so this is another's.
    token = connect(sandbox, ALEX, "Mail.Send")
    more: dict[str, tuple[Any, ...]] = {
        "create": (MIME,),
        "readdress": (draft.id, TEAM),
        "search": (MESSAGE_ID,),
    }

    at = graph.mailbox(sandbox.url)
    with pytest.raises(Withheld, match="denied access") as error:
        getattr(drafts, name)(at, token, *more.get(name, (draft.id,)))

    assert error.value.scope == Scope.ACCOUNT


def test_a_mailbox_that_may_only_be_written_sends_no_draft(sandbox: Sandbox) -> None:
    token = connect(sandbox, ADMIN, "Mail.ReadWrite")
    draft = drafts.create(graph.mailbox(sandbox.url), token, MIME)

    with pytest.raises(Withheld, match="denied access"):
        drafts.send(graph.mailbox(sandbox.url), token, draft.id)

    assert drafts.find(graph.mailbox(sandbox.url), token, draft.id) == draft


@pytest.mark.parametrize(
    "fault",
    ["429", "503", "504", "504-accepted", "dropped", "dropped-accepted", "gateway"],
)
def test_a_mishap_with_a_draft_leaves_no_doubt(
    sandbox: Sandbox, token: str, draft: Found, fault: str
) -> None:
    sandbox.fault(fault)

    with pytest.raises(Deferred):
        drafts.create(graph.mailbox(sandbox.url), token, MIME)

    assert sandbox.mails("Large") == []


def test_a_draft_whose_making_was_not_answered_is_found_by_its_message_id(
    sandbox: Sandbox, token: str, draft: Found
) -> None:
    sandbox.fault("dropped-accepted")

    with pytest.raises(Deferred):
        drafts.create(graph.mailbox(sandbox.url), token, MIME)

    assert len(drafts.search(graph.mailbox(sandbox.url), token, MESSAGE_ID)) == 2


@pytest.mark.parametrize(("fault", "kind", "arrived"), MISHAPS)
def test_a_mishap_of_sending_is_judged_without_knowing_what_arrived(
    sandbox: Sandbox,
    token: str,
    draft: Found,
    fault: str,
    kind: type[DeliveryError],
    arrived: int,
) -> None:
    sandbox.fault(fault)

    with pytest.raises(kind):
        drafts.send(graph.mailbox(sandbox.url), token, draft.id)

    found = drafts.find(graph.mailbox(sandbox.url), token, draft.id)
    assert len(sandbox.mails("Large")) == arrived
    assert found
    assert found.draft is not bool(arrived)
