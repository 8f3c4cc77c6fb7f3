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
from portal.explanations.graph import NO_SEND_AS
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

# Every code that Microsoft documents or was seen to answer a sender, as it came.
BY_CODE: list[tuple[int, str, Verdict]] = [
    (403, "ErrorSendAsDenied", ADMIN_ACTS),
    (403, "ErrorAccessDenied", ADMIN_ACTS),
    (403, "AccessDenied", ADMIN_ACTS),
    (403, "accessDenied", ADMIN_ACTS),
    (403, "Authorization_RequestDenied", ADMIN_ACTS),
    (400, "extensionError", ADMIN_ACTS),
    (403, "insufficient_claims", PERSON_ACTS),
    (401, "InvalidAuthenticationToken", PERSON_ACTS),
    (401, "InvalidAudience", PERSON_ACTS),
    (401, "InvalidAudienceForResource", PERSON_ACTS),
    (404, "MailboxNotEnabledForRESTAPI", ADMIN_ACTS),
    (404, "MailboxNotHostedInExchangeOnline", ADMIN_ACTS),
    (404, "ResourceNotFound", ADMIN_ACTS),
    (404, "Request_ResourceNotFound", ADMIN_ACTS),
    (404, "ErrorInvalidUser", ADMIN_ACTS),
    (404, "ErrorNonExistentMailbox", ADMIN_ACTS),
    (404, "ErrorItemNotFound", DOUBTFUL),
    (400, "ErrorInvalidRecipients", HOPELESS),
    (400, "ErrorExceededMaxRecipientLimit", HOPELESS),
    (400, "ErrorMimeContentInvalidBase64String", HOPELESS),
    (400, "ErrorMimeContentInvalid", HOPELESS),
    (400, "RequestBodyRead", HOPELESS),
    (400, "BadRequest", HOPELESS),
    (400, "InvalidInternetMessageHeader", HOPELESS),
    (400, "InvalidInternetMessageHeaderCollection", HOPELESS),
    (400, "ErrorMessageSizeExceeded", ADMIN_RAISES),
    (400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", HOPELESS),
    (405, "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments", HOPELESS),
    (412, "ErrorIrresolvableConflict", PASSES_ALONE),
    (400, "ErrorExceededMessageLimit", ADMIN_ACTS),
    (403, "ErrorExceededMessageLimit", ADMIN_ACTS),
    (403, "ErrorExceededHourlyMessageLimit", ADMIN_ACTS),
    (403, "ErrorSubmissionQuotaExceeded", ADMIN_ACTS),
    (403, "ErrorQuotaExceeded", PERSON_ACTS),
    (507, "ErrorQuotaExceeded", PERSON_ACTS),
    (403, "ErrorMessageSubmissionBlocked", ADMIN_ACTS),
    (403, "ErrorAccountSuspend", ADMIN_ACTS),
    (403, "ErrorMessageBlocked", ADMIN_ACTS),
    (429, "ApplicationThrottled", PASSES),
    (429, "TooManyRequests", PASSES),
    (429, "ErrorExceededMessageLimit", PASSES),
    (429, "ErrorTooManyObjectsOpened", PASSES),
    (400, "ErrorTooManyObjectsOpened", PASSES),
    (503, "ErrorServerBusy", PASSES),
    (400, "ErrorServerBusy", PASSES),
    (400, "ErrorTimeoutExpired", PASSES),
    (503, "ErrorInternalServerTransientError", PASSES),
    (400, "ErrorInternalServerTransientError", PASSES),
    (503, "serviceNotAvailable", PASSES),
    (400, "serviceNotAvailable", PASSES),
    (503, "ErrorMailboxStoreUnavailable", PASSES),
    (400, "ErrorMailboxStoreUnavailable", PASSES),
    (400, "ErrorConnectionFailed", PASSES),
    (400, "ErrorMailboxMoveInProgress", PASSES),
    (400, "ErrorADUnavailable", PASSES),
]
# What a status says by itself, with no code or one that we do not know.
BY_STATUS: list[tuple[int, str, Verdict]] = [
    (200, "", DOUBTFUL),
    (201, "", DOUBTFUL),
    (204, "", DOUBTFUL),
    (302, "", OPERATOR_ACTS),
    (400, "", HOPELESS),
    (403, "SomethingNew", ADMIN_ACTS),
    (404, "", ADMIN_ACTS),
    (405, "SomethingNew", HOPELESS),
    (407, "", OPERATOR_ACTS),
    (408, "", DOUBTFUL),
    (412, "", PASSES_ALONE),
    (413, "RequestEntityTooLarge", NEEDS_LARGE),
    (423, "", PASSES_ALONE),
    (425, "", PASSES),
    (429, "", PASSES),
    (500, "ErrorInternalServerError", DOUBTFUL),
    (500, "generalException", DOUBTFUL),
    (500, "UnknownError", DOUBTFUL),
    (502, "", DOUBTFUL),
    (503, "", PASSES),
    (504, "UnknownError", DOUBTFUL),
    (507, "", PERSON_ACTS),
    (509, "", PASSES),
    (520, "", DOUBTFUL),
    (599, "", DOUBTFUL),
]


def verdict(row: Explanation) -> Verdict:
    return row.kind, row.scope, row.who


@pytest.mark.parametrize(("status", "code", "expected"), [*BY_CODE, *BY_STATUS])
def test_an_answer_says_what_becomes_of_the_message(
    status: int, code: str, expected: Verdict
) -> None:
    assert verdict(problems.decide(status, code, Deed.SENDS)) == expected


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


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("code", ["", *problems.CODES])
def test_busy_is_deferred_whatever_the_code(status: int, code: str) -> None:
    assert verdict(problems.decide(status, code, Deed.SENDS)) == PASSES


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
    ("status", "code", "expected"),
    [*BY_CODE, *(row for row in BY_STATUS if row[0] != 404)],
)
def test_a_draft_is_else_sent_as_any_message_is(
    status: int, code: str, expected: Verdict
) -> None:
    assert verdict(problems.decide(status, code, Deed.SENDS_DRAFT)) == expected


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
