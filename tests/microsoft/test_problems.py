"""What Graph's refusals mean."""

import pytest

from portal.errors import (
    Answer,
    Deferred,
    DeliveryError,
    Needed,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)
from portal.explanations import Explanation, Who
from portal.explanations.graph import NO_SEND_AS, OVER_QUOTA
from portal.microsoft import problems
from portal.microsoft.problems import Deed
from tests import powershell

# What a decision is to be: kind, scope, and who has to act.
Verdict = tuple[type[DeliveryError], Scope, Who]
PASSES = (Deferred, Scope.MAILBOX, Who.NOBODY)
PASSES_ALONE = (Deferred, Scope.MESSAGE, Who.NOBODY)
DOUBTFUL = (Unsure, Scope.MESSAGE, Who.NOBODY)
HOPELESS = (Rejected, Scope.MESSAGE, Who.SENDER)
ADMIN_ACTS = (Withheld, Scope.ACCOUNT, Who.MICROSOFT)
PERSON_ACTS = (Withheld, Scope.ACCOUNT, Who.WORKSPACE)
OPERATOR_ACTS = (Withheld, Scope.ACCOUNT, Who.OPERATOR)
NEEDS_LARGE = (Needed, Scope.MESSAGE, Who.WORKSPACE)
ADMIN_RAISES = (Withheld, Scope.MESSAGE, Who.MICROSOFT)

ROWS: dict[str, Verdict] = {
    **dict.fromkeys(("no-send-as", "no-access", "no-mailbox"), ADMIN_ACTS),
    **dict.fromkeys(("mailbox-full", "sender-blocked"), ADMIN_ACTS),
    **dict.fromkeys(("bad-recipients", "too-many-recipients", "bad-mime"), HOPELESS),
    **dict.fromkeys(("bad-request", "bad-headers", "bad-attachment"), HOPELESS),
    **dict.fromkeys(("throttled", "busy", "mailbox-away"), PASSES),
    **dict.fromkeys(("draft-gone", "no-clear-answer", "microsoft-fault"), DOUBTFUL),
    "signed-in-without-mailbox": ADMIN_ACTS,
    "mailbox-not-found": ADMIN_ACTS,
    "too-big": ADMIN_RAISES,
    **dict.fromkeys(("over-quota", "token-refused"), PERSON_ACTS),
    "not-microsoft": OPERATOR_ACTS,
    "needs-large-attachments": NEEDS_LARGE,
    "draft-changed": PASSES_ALONE,
}
# Every code that Microsoft documents or was seen to answer a sender, as it came.
BY_CODE: list[tuple[int, str, str]] = [
    (403, "ErrorSendAsDenied", "no-send-as"),
    (403, "ErrorAccessDenied", "no-access"),
    (403, "AccessDenied", "no-access"),
    (403, "accessDenied", "no-access"),
    (403, "Authorization_RequestDenied", "no-access"),
    (400, "extensionError", "no-access"),
    (403, "insufficient_claims", "token-refused"),
    (401, "InvalidAuthenticationToken", "token-refused"),
    (401, "InvalidAudience", "token-refused"),
    (401, "InvalidAudienceForResource", "token-refused"),
    (404, "MailboxNotEnabledForRESTAPI", "signed-in-without-mailbox"),
    (404, "MailboxNotHostedInExchangeOnline", "signed-in-without-mailbox"),
    (404, "ResourceNotFound", "no-mailbox"),
    (404, "Request_ResourceNotFound", "no-mailbox"),
    (404, "ErrorInvalidUser", "no-mailbox"),
    (404, "ErrorNonExistentMailbox", "no-mailbox"),
    (404, "ErrorItemNotFound", "draft-gone"),
    (400, "ErrorInvalidRecipients", "bad-recipients"),
    (400, "ErrorExceededMaxRecipientLimit", "too-many-recipients"),
    (400, "ErrorMimeContentInvalidBase64String", "bad-mime"),
    (400, "ErrorMimeContentInvalid", "bad-mime"),
    (400, "RequestBodyRead", "bad-request"),
    (400, "BadRequest", "bad-request"),
    (400, "InvalidInternetMessageHeader", "bad-headers"),
    (400, "InvalidInternetMessageHeaderCollection", "bad-headers"),
    (400, "ErrorMessageSizeExceeded", "too-big"),
    (400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "bad-attachment"),
    (405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments", "bad-attachment"),
    (412, "ErrorIrresolvableConflict", "draft-changed"),
    (400, "ErrorExceededMessageLimit", "over-quota"),
    (403, "ErrorExceededMessageLimit", "over-quota"),
    (403, "ErrorExceededHourlyMessageLimit", "over-quota"),
    (403, "ErrorSubmissionQuotaExceeded", "over-quota"),
    (403, "ErrorQuotaExceeded", "mailbox-full"),
    (507, "ErrorQuotaExceeded", "mailbox-full"),
    (403, "ErrorMessageSubmissionBlocked", "sender-blocked"),
    (403, "ErrorAccountSuspend", "sender-blocked"),
    (403, "ErrorMessageBlocked", "sender-blocked"),
    (429, "ApplicationThrottled", "throttled"),
    (429, "TooManyRequests", "throttled"),
    (429, "ErrorTooManyObjectsOpened", "throttled"),
    (400, "ErrorTooManyObjectsOpened", "throttled"),
    (503, "ErrorServerBusy", "busy"),
    (400, "ErrorServerBusy", "busy"),
    (400, "ErrorTimeoutExpired", "busy"),
    (503, "ErrorInternalServerTransientError", "busy"),
    (400, "ErrorInternalServerTransientError", "busy"),
    (503, "serviceNotAvailable", "busy"),
    (400, "serviceNotAvailable", "busy"),
    (503, "ErrorMailboxStoreUnavailable", "busy"),
    (400, "ErrorMailboxStoreUnavailable", "mailbox-away"),
    (400, "ErrorConnectionFailed", "mailbox-away"),
    (400, "ErrorMailboxMoveInProgress", "mailbox-away"),
    (400, "ErrorADUnavailable", "mailbox-away"),
]
LIMITS = sorted({code for _, code, name in BY_CODE if name == "over-quota"})
# What a status says by itself, with no code or one that we do not know.
BY_STATUS: list[tuple[int, str, str]] = [
    (200, "", "no-clear-answer"),
    (201, "", "no-clear-answer"),
    (204, "", "no-clear-answer"),
    (302, "", "not-microsoft"),
    (400, "", "bad-request"),
    (403, "SomethingNew", "no-access"),
    (404, "", "mailbox-not-found"),
    (405, "SomethingNew", "bad-request"),
    (407, "", "not-microsoft"),
    (408, "", "no-clear-answer"),
    (412, "", "draft-changed"),
    (413, "RequestEntityTooLarge", "needs-large-attachments"),
    (423, "", "draft-changed"),
    (425, "", "busy"),
    (429, "", "throttled"),
    (500, "ErrorInternalServerError", "microsoft-fault"),
    (500, "generalException", "microsoft-fault"),
    (500, "UnknownError", "microsoft-fault"),
    (502, "", "no-clear-answer"),
    (503, "", "busy"),
    (504, "UnknownError", "no-clear-answer"),
    (507, "", "mailbox-full"),
    (509, "", "throttled"),
    (520, "", "no-clear-answer"),
    (599, "", "no-clear-answer"),
]


def verdict(row: Explanation) -> Verdict:
    return row.kind, row.scope, row.who


@pytest.mark.parametrize(("status", "code", "name"), [*BY_CODE, *BY_STATUS])
def test_an_answer_leads_to_its_row_and_says_what_becomes_of_the_message(
    status: int, code: str, name: str
) -> None:
    found = problems.decide(status, code, Deed.SENDS)

    assert (found.name, verdict(found)) == (name, ROWS[name])


def test_every_row_of_the_tables_is_tested() -> None:
    assert {code for _, code, _ in BY_CODE} == set(problems.CODES)
    assert {status for status, _, _ in BY_STATUS} >= {
        *problems.DECISIVE,
        *problems.OTHERWISE,
    }


@pytest.mark.parametrize("code", problems.CODES)
def test_a_code_is_known_however_it_is_spelled(code: str) -> None:
    assert problems.decide(400, code.upper(), Deed.SENDS) == problems.decide(
        400, code, Deed.SENDS
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((503, code) for code in ("", *problems.CODES)),
        *((429, code) for code in ("", *problems.CODES) if code not in LIMITS),
    ],
)
def test_busy_is_deferred_whatever_else_the_code_says(status: int, code: str) -> None:
    assert verdict(problems.decide(status, code, Deed.SENDS)) == PASSES


@pytest.mark.parametrize("status", [400, 403, 429])
@pytest.mark.parametrize("code", LIMITS)
@pytest.mark.parametrize("deed", Deed)
def test_a_limit_that_is_used_up_is_not_tried_again_with_whatever_status_it_comes(
    status: int, code: str, deed: Deed
) -> None:
    assert problems.decide(status, code, deed) == OVER_QUOTA


@pytest.mark.parametrize("status", [200, 201, 204, 408, 500, 502, 504, 520, 599])
@pytest.mark.parametrize("code", ["", *problems.CODES])
def test_what_may_have_been_taken_is_unsure_whatever_the_code(
    status: int, code: str
) -> None:
    assert verdict(problems.decide(status, code, Deed.SENDS)) == DOUBTFUL


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (200, "", PASSES),
        (404, "ErrorItemNotFound", PASSES_ALONE),
        (408, "", PASSES),
        (500, "", PASSES_ALONE),
        (500, "ErrorInternalServerError", PASSES_ALONE),
        (500, "ErrorMailboxStoreUnavailable", PASSES),
        (502, "", PASSES),
        (504, "UnknownError", PASSES),
        (520, "", PASSES),
        (500, "ErrorQuotaExceeded", PASSES_ALONE),
    ],
)
def test_what_sends_nothing_goes_again_instead_of_being_looked_up(
    status: int, code: str, expected: Verdict
) -> None:
    assert verdict(problems.decide(status, code, Deed.PREPARES)) == expected


@pytest.mark.parametrize("status", sorted({status for status, _, _ in BY_STATUS}))
def test_what_sends_nothing_differs_in_what_is_doubtful_alone(status: int) -> None:
    for code in ("", "SomethingNew", *problems.CODES):
        sending = problems.decide(status, code, Deed.SENDS)
        preparing = problems.decide(status, code, Deed.PREPARES)

        if sending.kind is Unsure:
            assert preparing.kind is Deferred
        elif sending.kind is Needed:
            # What needs a draft has one by then: it is the mailbox's own limit.
            assert preparing.kind is Withheld
        else:
            assert preparing == sending


@pytest.mark.parametrize("code", ["", "SomethingNew", "ErrorItemNotFound"])
def test_a_draft_that_is_not_found_may_have_been_sent(code: str) -> None:
    assert verdict(problems.decide(404, code, Deed.SENDS_DRAFT)) == DOUBTFUL


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [*BY_CODE, *(row for row in BY_STATUS if row[0] != 404)],
)
def test_a_draft_is_else_sent_as_any_message_is(
    status: int, code: str, name: str
) -> None:
    assert problems.decide(status, code, Deed.SENDS_DRAFT).name == name


@pytest.mark.parametrize(
    ("status", "code", "gone"),
    [
        (404, "ErrorItemNotFound", True),
        (404, "erroritemnotfound", True),
        (404, "", False),
        (404, "ResourceNotFound", False),
        (400, "ErrorItemNotFound", False),
    ],
)
def test_only_one_answer_says_that_a_message_is_gone(
    status: int, code: str, gone: bool
) -> None:
    assert problems.gone(Answer(status=status, code=code)) is gone


def test_a_command_names_the_addresses() -> None:
    command = problems.spell(
        NO_SEND_AS.command, sender="a@contoso.example", username="b@x.example"
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
    assert powershell.well_formed(literal)


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
