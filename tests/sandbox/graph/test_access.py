"""Who may send: tokens, permissions, mailboxes and names."""

from datetime import timedelta

import pytest
import time_machine

from portal.sandbox.seeds import ADMIN as ANN
from tests.sandbox.serving import Sandbox
from tests.sandbox.walking import (
    ADMIN,
    ALEX,
    ALIAS,
    NOREPLY,
    PAT,
    REPORTS,
    SHARED,
    TEAM,
    application_token,
    from_,
    problem,
    send,
    tokens,
)

DENIED = (403, "ErrorAccessDenied")
SEND_AS_DENIED = (403, "ErrorSendAsDenied")
ACCEPTED = (202, "")


def outcome(
    sandbox: Sandbox, token: str, path: str, sender: str | None
) -> tuple[int, str]:
    """Send from an address and return status and code."""
    letter = from_(sender) if sender else {}
    answer = send(sandbox, token, path, letter=letter)
    return problem(answer) if answer.content else ACCEPTED


@pytest.mark.parametrize(
    ("who", "sender", "expected"),
    [
        (ADMIN, ADMIN, ACCEPTED),
        (ADMIN, ADMIN.upper(), ACCEPTED),
        (ADMIN, ALIAS, ACCEPTED),
        (ADMIN, NOREPLY, ACCEPTED),
        (ADMIN, TEAM, SEND_AS_DENIED),
        (ADMIN, REPORTS, SEND_AS_DENIED),
        (REPORTS, NOREPLY, ACCEPTED),
        (REPORTS, TEAM, ACCEPTED),
        (REPORTS, ADMIN, SEND_AS_DENIED),
        (ALEX, ALEX, ACCEPTED),
        (ALEX, NOREPLY, SEND_AS_DENIED),
        (ALEX, PAT, SEND_AS_DENIED),
        (ALEX, "nobody@contoso.example", SEND_AS_DENIED),
    ],
)
def test_send_as_is_a_right(
    sandbox: Sandbox, who: str, sender: str, expected: tuple[int, str]
) -> None:
    token = tokens(sandbox, who, SHARED)["access_token"]

    assert outcome(sandbox, token, "/me/sendMail", sender) == expected


def test_send_as_shows_only_from(sandbox: Sandbox) -> None:
    token = tokens(sandbox, REPORTS, SHARED)["access_token"]

    send(sandbox, token, letter=from_(TEAM))

    mail = sandbox.mails()[0]
    assert (mail["from"], mail["sender"], mail["mailbox"]) == (TEAM, TEAM, REPORTS)
    assert "Sender" not in mail["headers"]


def test_send_as_can_be_withdrawn_and_given_back(sandbox: Sandbox) -> None:
    token = tokens(sandbox, REPORTS, SHARED)["access_token"]
    sandbox.fault("send-as-withdrawn")

    assert outcome(sandbox, token, "/me/sendMail", NOREPLY) == SEND_AS_DENIED
    assert outcome(sandbox, token, "/me/sendMail", REPORTS) == ACCEPTED
    sandbox.clear()
    assert outcome(sandbox, token, "/me/sendMail", NOREPLY) == ACCEPTED


def test_send_as_can_be_given_to_somebody(sandbox: Sandbox) -> None:
    alex, ann = (tokens(sandbox, who, SHARED)["access_token"] for who in (ALEX, ADMIN))

    sandbox.fault("send-as-given", user=ALEX)

    assert outcome(sandbox, alex, "/me/sendMail", TEAM) == ACCEPTED
    assert outcome(sandbox, ann, "/me/sendMail", TEAM) == SEND_AS_DENIED


def test_another_from_needs_the_shared_permission(fresh: Sandbox) -> None:
    token = tokens(fresh, REPORTS, "Mail.Send")["access_token"]

    assert outcome(fresh, token, "/me/sendMail", NOREPLY) == DENIED
    assert outcome(fresh, token, "/me/sendMail", REPORTS) == ACCEPTED


def test_sending_needs_its_permission(fresh: Sandbox) -> None:
    token = tokens(fresh, ADMIN, "Mail.ReadWrite")["access_token"]

    assert outcome(fresh, token, "/me/sendMail", None) == DENIED


@pytest.mark.parametrize(
    ("who", "path", "sender", "expected"),
    [
        (ADMIN, ADMIN, None, ACCEPTED),
        (ADMIN, ANN.oid, None, ACCEPTED),
        (ADMIN, ALIAS, None, (404, "ErrorInvalidUser")),
        (ADMIN, "nobody@contoso.example", None, (404, "ErrorInvalidUser")),
        (ADMIN, PAT, None, (404, "ErrorInvalidUser")),
        (ADMIN, TEAM, None, (404, "ErrorInvalidUser")),
        (ADMIN, NOREPLY, None, ACCEPTED),
        (ADMIN, NOREPLY, REPORTS, SEND_AS_DENIED),
        (REPORTS, NOREPLY, NOREPLY, DENIED),
        (ALEX, ADMIN, None, DENIED),
    ],
)
def test_another_mailbox_needs_full_access(
    sandbox: Sandbox, who: str, path: str, sender: str | None, expected: tuple[int, str]
) -> None:
    token = tokens(sandbox, who, SHARED)["access_token"]

    assert outcome(sandbox, token, f"/users/{path}/sendMail", sender) == expected


@pytest.mark.parametrize(
    ("path", "sender", "expected"),
    [
        (f"/users/{ALEX}/sendMail", None, ACCEPTED),
        (f"/users/{NOREPLY}/sendMail", NOREPLY, ACCEPTED),
        (f"/users/{REPORTS}/sendMail", NOREPLY, SEND_AS_DENIED),
        (f"/users/{TEAM}/sendMail", None, (404, "ErrorInvalidUser")),
        ("/me/sendMail", None, (400, "BadRequest")),
    ],
)
def test_the_application_sends_for_any_mailbox_as_itself(
    sandbox: Sandbox, path: str, sender: str | None, expected: tuple[int, str]
) -> None:
    token = application_token(sandbox)

    assert outcome(sandbox, token, path, sender) == expected


def test_a_guest_has_no_mailbox(sandbox: Sandbox) -> None:
    sandbox.fault("guest")
    token = tokens(sandbox, PAT)["access_token"]

    answer = send(sandbox, token)

    assert problem(answer) == (404, "MailboxNotEnabledForRESTAPI")


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer ", "Bearer x.y.z"])
def test_without_a_token_nothing_goes(sandbox: Sandbox, header: str) -> None:
    answer = send(sandbox, "", headers={"Authorization": header})

    assert problem(answer) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_an_id_token_is_for_another_audience(sandbox: Sandbox) -> None:
    answer = send(sandbox, tokens(sandbox)["id_token"])

    assert problem(answer) == (401, "InvalidAuthenticationToken")


def test_a_token_lives_about_an_hour(sandbox: Sandbox) -> None:
    token = tokens(sandbox)["access_token"]

    with time_machine.travel(timedelta(minutes=59)):
        assert send(sandbox, token).status_code == 202
    with time_machine.travel(timedelta(minutes=75)):
        assert problem(send(sandbox, token)) == (401, "InvalidAuthenticationToken")
