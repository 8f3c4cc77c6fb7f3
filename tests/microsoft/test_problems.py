"""What Graph's refusals mean, and how long to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.errors import Deferred, Rejected, Scope, Unsure, Withheld
from portal.microsoft import problems

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("2.128", 2.128),
        (" 7 ", 7),
        ("-5", 0),
        ("1e300", 24 * 3600),
        ("inf", 24 * 3600),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 12:01:30", 90),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 2099 11:00:00 GMT", 24 * 3600),
    ],
)
def test_retry_after_is_kept_exactly(value: str, seconds: float) -> None:
    assert problems.retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "nan", "soon", "Fri, 99 Nov 2026"])
def test_what_says_no_time_is_none(value: str | None) -> None:
    assert problems.retry_after(value, NOW) is None


@given(st.text() | st.floats().map(str) | st.datetimes().map(format_datetime))
def test_retry_after_is_never_negative_and_never_absurd(value: str) -> None:
    wait = problems.retry_after(value, NOW)

    assert wait is None or timedelta() <= wait <= problems.LONGEST_WAIT


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("code", ["", "ErrorSendAsDenied", "nonsense"])
def test_busy_is_deferred_whatever_the_code(status: int, code: str) -> None:
    decision = problems.decide(status, code)

    assert (decision.kind, decision.scope) == (Deferred, Scope.MAILBOX)


@pytest.mark.parametrize("status", [200, 201, 204, 408, 500, 502, 504, 520, 599])
@pytest.mark.parametrize("code", ["", "ErrorServerBusy", "ErrorQuotaExceeded"])
def test_what_may_have_been_taken_is_unsure_whatever_the_code(
    status: int, code: str
) -> None:
    assert problems.decide(status, code).kind is Unsure


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "ErrorSendAsDenied"),
        (403, "errorsendasdenied"),
        (403, "ErrorAccessDenied"),
        (404, "MailboxNotEnabledForRESTAPI"),
        (400, "ErrorExceededMessageLimit"),
        (507, "ErrorQuotaExceeded"),
        (507, ""),
        (403, "SomethingNew"),
        (404, ""),
        (302, ""),
    ],
)
def test_what_hits_the_next_message_too_holds_the_account(
    status: int, code: str
) -> None:
    decision = problems.decide(status, code)

    assert (decision.kind, decision.scope) == (Withheld, Scope.ACCOUNT)


def test_what_does_not_fit_is_held_alone() -> None:
    decision = problems.decide(413, "BadRequest")

    assert (decision.kind, decision.scope) == (Withheld, Scope.MESSAGE)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ErrorInvalidRecipients"),
        (400, "ErrorMimeContentInvalidBase64String"),
        (400, "ErrorMessageSizeExceeded"),
        (400, ""),
        (405, "SomethingNew"),
    ],
)
def test_what_only_this_message_has_is_rejected(status: int, code: str) -> None:
    assert problems.decide(status, code).kind is Rejected


def test_a_decision_ends_in_a_sentence_without_codes() -> None:
    for code, decision in problems.CODES.items():
        assert decision.sentence.endswith(".")
        assert code not in decision.sentence


def test_a_command_names_the_addresses() -> None:
    command = problems.spell(
        problems.NO_SEND_AS.command, sender="a@contoso.example", username="b@x.example"
    )

    assert command == (
        "Add-RecipientPermission -Identity 'a@contoso.example' -Trustee 'b@x.example'"
        " -AccessRights SendAs -Confirm:$false"
    )
    assert problems.spell("", sender="a@contoso.example", username="") == ""


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("o'neil@x.example", "'o''neil@x.example'"),
        ("a' ; Remove-Mailbox 'b", "'a'' ; Remove-Mailbox ''b'"),
        (
            "a\u2019b\u2018c\u201ad\u201b",
            "'a\u2019\u2019b\u2018\u2018c\u201a\u201ad\u201b\u201b'",
        ),
        ("{username}$(x)`n", "'{username}$(x)`n'"),
    ],
)
def test_no_address_breaks_out_of_a_command(text: str, literal: str) -> None:
    assert problems.spell("{sender}", sender=text, username="") == literal


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        ([], ""),
        (["", ""], ""),
        (["Unknown", "AlsoUnknown"], "Unknown"),
        (["BadRequest", "ErrorInvalidRecipients"], "ErrorInvalidRecipients"),
        (["ErrorInvalidRecipients", "BadRequest"], "ErrorInvalidRecipients"),
        (["ErrorAccessDenied", "ErrorSendAsDenied", "New"], "ErrorSendAsDenied"),
    ],
)
def test_the_most_specific_code_is_chosen(codes: list[str], chosen: str) -> None:
    assert problems.most_specific(codes) == chosen
