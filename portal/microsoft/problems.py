"""What Microsoft Graph's refusals mean: cause, remedy, and who must act.

Exchange's own names for errors shine through Graph; what Graph does not document is
explained by Exchange's (office-developer-exchange-docs, responsecode). Names are
compared without case.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

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

QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")


class Who(StrEnum):
    """Who can end a problem."""

    NOBODY = "nobody"  # it passes
    SENDER = "sender"  # whoever wrote the message
    PERSON = "person"  # the mailbox's user, by signing in
    ADMIN = "admin"  # the administrator of the Microsoft 365 organization
    OPERATOR = "operator"  # whoever registered and runs the portal


class Deed(StrEnum):
    """What a call does, if it does anything."""

    PREPARES = "prepares"  # nothing is sent, whatever becomes of the answer
    SENDS = "sends"  # a message that it carries
    SENDS_DRAFT = "sends draft"  # which somebody may have sent before


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of a message that was answered so."""

    kind: type[DeliveryError]
    scope: Scope = Scope.MESSAGE
    sentence: str
    who: Who
    command: str = ""  # for PowerShell; {sender} and {username} are to be spelled


def passing(sentence: str, scope: Scope = Scope.MAILBOX) -> Decision:
    return Decision(kind=Deferred, scope=scope, sentence=sentence, who=Who.NOBODY)


def doubtful(sentence: str) -> Decision:
    return Decision(kind=Unsure, sentence=sentence, who=Who.NOBODY)


def held(who: Who, sentence: str, command: str = "") -> Decision:
    return Decision(
        kind=Withheld,
        scope=Scope.ACCOUNT,
        sentence=sentence,
        who=who,
        command=command,
    )


def hopeless(sentence: str) -> Decision:
    return Decision(kind=Rejected, sentence=sentence, who=Who.SENDER)


NO_SEND_AS = held(
    Who.ADMIN,
    "The connected user may not send as the From address. Please give it the Send As"
    " permission, in the Exchange admin center or with Exchange Online PowerShell; that"
    " takes up to an hour to work.",
    # For mailboxes and groups alike; without -Confirm:$false it asks once more.
    # https://learn.microsoft.com/powershell/module/exchange/add-recipientpermission
    "Add-RecipientPermission -Identity {sender} -Trustee {username}"
    " -AccessRights SendAs -Confirm:$false",
)
NO_ACCESS = held(
    Who.ADMIN,
    "Microsoft denied access to this mailbox. Please check the approved permissions,"
    " and the Exchange policies that limit which mailboxes an application may use.",
)
NO_MAILBOX = held(
    Who.ADMIN,
    "The From address has no mailbox in Exchange Online. Please check the address and"
    " that its user has a license; a new mailbox needs some minutes.",
)
MAILBOX_FULL = held(
    Who.PERSON, "The mailbox is full. Please delete mail from it, or archive some."
)
SENDER_BLOCKED = held(
    Who.ADMIN,
    "Microsoft has blocked this mailbox from sending. Please look at Restricted"
    " entities in the Microsoft Defender portal, and at the mailbox's own inbox.",
)
OVER_QUOTA = held(
    Who.ADMIN,
    "This mailbox has used up what Microsoft lets it send in a day. Sending goes on"
    " when the limit allows it again.",
)
TOO_BIG_FOR_ONE_REQUEST = Decision(
    kind=Needed,
    sentence="This message needs large file attachments: it does not fit into a single"
    " request to Microsoft.",
    who=Who.ADMIN,
)
TOO_BIG = replace(
    TOO_BIG_FOR_ONE_REQUEST,
    kind=Withheld,
    sentence="This message is larger than the mailbox may send: 35 MB as it is encoded,"
    " unless an admin has raised it, to 150 MB at most: in the Exchange admin center,"
    " under Mailboxes and Message size restriction. Then please retry.",
    command="Set-Mailbox -Identity {username} -MaxSendSize 150MB",
)
BAD_RECIPIENTS = hopeless("Microsoft found no valid recipient, or one that is not.")
TOO_MANY_RECIPIENTS = hopeless(
    "This message has more recipients than the mailbox may address at once."
)
BAD_MIME = hopeless("Microsoft could not read this message: its MIME is not valid.")
BAD_REQUEST = hopeless("Microsoft could not read this message.")
BAD_HEADERS = hopeless(
    "Microsoft takes at most five headers of one's own, with names that begin with X-."
)
BAD_ATTACHMENT = hopeless("Microsoft did not take an attachment the way it was sent.")
GONE = doubtful("The draft of this message is gone: it may have been sent.")
NEW_DRAFT = passing(
    "The draft of this message is gone; the message will be sent later.", Scope.MESSAGE
)
CHANGED = passing(
    "The draft of this message was being changed by somebody else.", Scope.MESSAGE
)
BUSY = passing("Microsoft is too busy right now; the message will be sent later.")
THROTTLED = passing("Microsoft asked us to slow down; the message will be sent later.")
MAILBOX_AWAY = passing("The mailbox cannot be reached right now.")
BAD_TOKEN = held(
    Who.PERSON,
    "Microsoft does not accept our access to this mailbox. Please sign in again.",
)

CODES: dict[str, Decision] = {
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
    "MailboxNotEnabledForRESTAPI": NO_MAILBOX,
    "MailboxNotHostedInExchangeOnline": NO_MAILBOX,
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
_BY_NAME = {name.casefold(): decision for name, decision in CODES.items()}

UNCERTAIN = doubtful("Microsoft did not say whether it took this message.")
UNSAID = passing(
    "Microsoft did not answer as it should. Nothing was sent; the message will be sent"
    " later."
)
FAULT = doubtful("Microsoft met a fault of its own, and may have taken this message.")
# It may be the message that does it, and then the next one gets through.
STUMBLED = passing(
    "Microsoft met a fault of its own; the message will be sent later.", Scope.MESSAGE
)
NOT_FOUND = held(
    Who.ADMIN,
    "Microsoft does not find this mailbox. Please check the From address and that its"
    " user has a license; a new mailbox needs some minutes.",
)
ELSEWHERE = held(
    Who.OPERATOR,
    "Something that is not Microsoft answered. Please check the address of Microsoft"
    " Graph and the proxy.",
)

# These say enough by themselves: no code makes a repetition safe after a 500, or
# unsafe after a 503.
DECISIVE: dict[int, Decision] = {
    429: THROTTLED,
    503: BUSY,
    408: UNCERTAIN,
    500: FAULT,
    502: UNCERTAIN,
    504: UNCERTAIN,
    413: TOO_BIG_FOR_ONE_REQUEST,
}

# These decide when the code says nothing we know.
OTHERWISE: dict[int, Decision] = {
    403: NO_ACCESS,
    404: NOT_FOUND,
    407: ELSEWHERE,
    412: CHANGED,
    423: CHANGED,
    425: BUSY,
    507: MAILBOX_FULL,
    509: THROTTLED,
}

# Decisions are about sending a message; this is what they are about another deed.
INSTEAD: dict[Deed, dict[Decision, Decision]] = {
    Deed.PREPARES: {UNCERTAIN: UNSAID, FAULT: STUMBLED, GONE: NEW_DRAFT},
    Deed.SENDS: {},
    Deed.SENDS_DRAFT: {NOT_FOUND: GONE},
}


def most_specific(codes: Sequence[str]) -> str:
    """Choose from the codes of one answer, outermost first, the one that tells most."""
    known = [code for code in codes if code.casefold() in _BY_NAME]
    telling = [code for code in known if _BY_NAME[code.casefold()] is not BAD_REQUEST]
    unknown = [code for code in codes if code]
    return next(iter(telling[-1:] or known[-1:] or unknown[:1]), "")


def decide(status: int, code: str, deed: Deed) -> Decision:
    """Find what an answer means that is not the documented success."""
    decision = _decide(status, code)
    told = _BY_NAME.get(code.casefold(), decision)
    # Where nothing is in doubt, the code of a 500 may say more than its status.
    if deed is Deed.PREPARES and decision.kind is Unsure and told.kind is Deferred:
        return told
    return INSTEAD[deed].get(decision, decision)


def _decide(status: int, code: str) -> Decision:
    if status in DECISIVE:
        return DECISIVE[status]
    if status < 300 or (status >= 500 and status not in OTHERWISE):
        return UNCERTAIN
    if status < 400:
        return ELSEWHERE
    return _BY_NAME.get(code.casefold()) or OTHERWISE.get(status, BAD_REQUEST)


def gone(answer: Answer) -> bool:
    """Tell whether an answer says that there is no such message in the mailbox."""
    return answer.status == 404 and _BY_NAME.get(answer.code.casefold()) is GONE


def spell(command: str, *, sender: str, username: str) -> str:
    """Fill in the addresses as PowerShell's literals, out of which none can break."""
    return command.format(sender=_literal(sender), username=_literal(username))


def send_as(*, sender: str, username: str) -> str:
    """Write the line of PowerShell that lets a user send as an address."""
    return spell(NO_SEND_AS.command, sender=sender, username=username)


def _literal(text: str) -> str:
    # PowerShell takes typographic quotes for quotes as well; doubled they are text.
    # https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
    doubled = QUOTES.sub(r"\g<0>\g<0>", text)
    return f"'{doubled}'"
