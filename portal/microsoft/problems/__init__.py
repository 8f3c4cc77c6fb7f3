"""Which explanation each of Microsoft Graph's refusals has.

Exchange's own names for errors shine through Graph; what Graph does not document is
explained by Exchange's (office-developer-exchange-docs, responsecode). Names are
compared without case.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from portal.errors import Answer, Deferred, Unsure
from portal.explanations import Explanation
from portal.explanations.graph import (
    BAD_ATTACHMENT,
    BAD_HEADERS,
    BAD_MIME,
    BAD_RECIPIENTS,
    BAD_REQUEST,
    BAD_TOKEN,
    BUSY,
    CHANGED,
    ELSEWHERE,
    FAULT,
    GONE,
    MAILBOX_AWAY,
    MAILBOX_FULL,
    NEW_DRAFT,
    NO_ACCESS,
    NO_MAILBOX,
    NO_SEND_AS,
    NOT_FOUND,
    OVER_QUOTA,
    SENDER_BLOCKED,
    SIGNED_IN_WITHOUT,
    STUMBLED,
    THROTTLED,
    TOO_BIG,
    TOO_BIG_FOR_ONE_REQUEST,
    TOO_MANY_RECIPIENTS,
    UNCERTAIN,
    UNSAID,
)

TOO_MANY = 429  # HTTP status
QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")


class Deed(StrEnum):
    """What a call does, if it does anything."""

    PREPARES = "prepares"  # nothing is sent, whatever becomes of the answer
    SENDS = "sends"  # a message that it carries
    SENDS_DRAFT = "sends draft"  # which somebody may have sent before


CODES: dict[str, Explanation] = {
    "ErrorSendAsDenied": NO_SEND_AS,
    "ErrorAccessDenied": NO_ACCESS,
    "AccessDenied": NO_ACCESS,
    "Authorization_RequestDenied": NO_ACCESS,
    "accessDenied": NO_ACCESS,
    "extensionError": NO_ACCESS,
    "insufficient_claims": BAD_TOKEN,
    "InvalidAuthenticationToken": BAD_TOKEN,
    "InvalidAudience": BAD_TOKEN,
    "InvalidAudienceForResource": BAD_TOKEN,
    "MailboxNotEnabledForRESTAPI": SIGNED_IN_WITHOUT,
    "MailboxNotHostedInExchangeOnline": SIGNED_IN_WITHOUT,
    "ResourceNotFound": NO_MAILBOX,
    "Request_ResourceNotFound": NO_MAILBOX,
    "ErrorInvalidUser": NO_MAILBOX,
    "ErrorNonExistentMailbox": NO_MAILBOX,
    "ErrorItemNotFound": GONE,
    "ErrorInvalidRecipients": BAD_RECIPIENTS,
    "ErrorExceededMaxRecipientLimit": TOO_MANY_RECIPIENTS,
    "ErrorMimeContentInvalidBase64String": BAD_MIME,
    "ErrorMimeContentInvalid": BAD_MIME,
    "RequestBodyRead": BAD_REQUEST,
    "BadRequest": BAD_REQUEST,
    "InvalidInternetMessageHeader": BAD_HEADERS,
    "InvalidInternetMessageHeaderCollection": BAD_HEADERS,
    "ErrorMessageSizeExceeded": TOO_BIG,
    "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize": BAD_ATTACHMENT,
    "ErrorAttachmentSessionIsSupportedOnlyForFileAttachments": BAD_ATTACHMENT,
    "ErrorIrresolvableConflict": CHANGED,
    "ErrorExceededMessageLimit": OVER_QUOTA,
    "ErrorExceededHourlyMessageLimit": OVER_QUOTA,
    "ErrorSubmissionQuotaExceeded": OVER_QUOTA,
    "ErrorQuotaExceeded": MAILBOX_FULL,
    "ErrorMessageSubmissionBlocked": SENDER_BLOCKED,
    "ErrorAccountSuspend": SENDER_BLOCKED,
    "ErrorMessageBlocked": SENDER_BLOCKED,
    "ApplicationThrottled": THROTTLED,
    "TooManyRequests": THROTTLED,
    "ErrorTooManyObjectsOpened": THROTTLED,
    "ErrorServerBusy": BUSY,
    "ErrorTimeoutExpired": BUSY,
    "ErrorInternalServerTransientError": BUSY,
    "serviceNotAvailable": BUSY,
    "ErrorMailboxStoreUnavailable": MAILBOX_AWAY,
    "ErrorConnectionFailed": MAILBOX_AWAY,
    "ErrorMailboxMoveInProgress": MAILBOX_AWAY,
    "ErrorADUnavailable": MAILBOX_AWAY,
}
_BY_NAME = {name.casefold(): row for name, row in CODES.items()}

# A permission is missing, or was given just now and is not known everywhere yet.
SPREAD = frozenset(("erroraccessdenied", "accessdenied", "authorization_requestdenied"))

# These say enough by themselves: no code makes a repetition safe after a 500, or
# unsafe after a 503. A 429 may be about more than the requests of a moment.
DECISIVE: dict[int, Explanation] = {
    TOO_MANY: THROTTLED,
    503: BUSY,
    408: UNCERTAIN,
    500: FAULT,
    502: UNCERTAIN,
    504: UNCERTAIN,
    413: TOO_BIG_FOR_ONE_REQUEST,
}

# These decide when the code says nothing we know.
OTHERWISE: dict[int, Explanation] = {
    403: NO_ACCESS,
    404: NOT_FOUND,
    407: ELSEWHERE,
    412: CHANGED,
    423: CHANGED,
    425: BUSY,
    507: MAILBOX_FULL,
    509: THROTTLED,
}

# Explanations are about sending a message; this is what they are about another deed.
INSTEAD: dict[Deed, dict[Explanation, Explanation]] = {
    Deed.PREPARES: {
        UNCERTAIN: UNSAID,
        FAULT: STUMBLED,
        GONE: NEW_DRAFT,
        TOO_BIG_FOR_ONE_REQUEST: TOO_BIG,  # large attachments are in use already
    },
    Deed.SENDS: {},
    Deed.SENDS_DRAFT: {NOT_FOUND: GONE},
}


def most_specific(codes: Sequence[str]) -> str:
    """Choose from the codes of one answer, outermost first, the one that tells most."""
    known = [code for code in codes if code.casefold() in _BY_NAME]
    telling = [code for code in known if _BY_NAME[code.casefold()] is not BAD_REQUEST]
    unknown = [code for code in codes if code]
    return next(iter(telling[-1:] or known[-1:] or unknown[:1]), "")


def decide(status: int, code: str, deed: Deed) -> Explanation:
    """Find what an answer means that is not the documented success."""
    row = meaning(status, code)
    told = _BY_NAME.get(code.casefold(), row)
    # Where nothing is in doubt, the code of a 500 may say more than its status.
    if deed is Deed.PREPARES and row.kind is Unsure and told.kind is Deferred:
        return told
    return INSTEAD[deed].get(row, row)


def meaning(status: int, code: str) -> Explanation:
    """Find what an answer means to whoever sends a message."""
    told = _BY_NAME.get(code.casefold())
    # Asked again after seconds, a limit of a day would only last longer.
    of_a_day = status == TOO_MANY and told is OVER_QUOTA
    if status in DECISIVE and not of_a_day:
        return DECISIVE[status]
    if status < 300 or (status >= 500 and status not in OTHERWISE):
        return UNCERTAIN
    if status < 400:
        return ELSEWHERE
    return told or OTHERWISE.get(status, BAD_REQUEST)


def spreads(answer: Answer) -> bool:
    """Tell whether an answer may only mean that a permission was given just now."""
    return answer.status == 403 and answer.code.casefold() in SPREAD


def gone(answer: Answer) -> bool:
    """Tell whether an answer says that there is no such message in the mailbox."""
    return answer.status == 404 and _BY_NAME.get(answer.code.casefold()) is GONE


FULL_ACCESS = (
    "Add-MailboxPermission -Identity {sender} -User {username} -AccessRights FullAccess"
)


def spell(command: str, *, sender: str, username: str) -> str:
    """Fill in the addresses as PowerShell's literals, out of which none can break.

    A right of an address to itself is none to be given: then it is "".
    """
    if "{sender}" in command and sender.lower() == username.lower():
        return ""
    return command.format(sender=_literal(sender), username=_literal(username))


def send_as(*, sender: str, username: str) -> str:
    """Write the line of PowerShell that lets a user send as an address."""
    return spell(NO_SEND_AS.command, sender=sender, username=username)


def full_access(*, mailbox: str, username: str) -> str:
    """Write the line of PowerShell that lets a user open somebody else's mailbox."""
    return spell(FULL_ACCESS, sender=mailbox, username=username)


def _literal(text: str) -> str:
    # PowerShell takes typographic quotes for quotes as well; doubled they are text.
    # https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
    doubled = QUOTES.sub(r"\g<0>\g<0>", text)
    return f"'{doubled}'"
