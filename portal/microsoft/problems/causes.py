"""Why Microsoft Graph refuses: what became of the message, and who can end it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from portal.errors import (
    Deferred,
    DeliveryError,
    Needed,
    Rejected,
    Scope,
    Unsure,
    Withheld,
)


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
