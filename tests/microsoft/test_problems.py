"""What Graph's refusals mean."""

import pytest

from portal.errors import Deferred, Rejected, Scope, Unsure, Withheld
from portal.microsoft import problems


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
