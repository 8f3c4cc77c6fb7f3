"""Why Microsoft Graph refuses a message."""

from dataclasses import replace

from portal.errors import Needed, Scope
from portal.explanations.row import (
    Explanation,
    Place,
    Who,
    aside,
    doubtful,
    held,
    hopeless,
    passing,
)

NO_SEND_AS = replace(
    held(
        "no-send-as",
        "No Send As right",
        "The connected user may not send as the From address.",
        "Please give it the Send As permission, in the Exchange admin center or with"
        " Exchange Online PowerShell; that takes up to an hour to work.",
        who=Who.MICROSOFT,
        place=Place.EXCHANGE,
    ),
    # For mailboxes and groups alike; without -Confirm:$false it asks once more.
    # https://learn.microsoft.com/powershell/module/exchange/add-recipientpermission
    command="Add-RecipientPermission -Identity {sender} -Trustee {username}"
    " -AccessRights SendAs -Confirm:$false",
)
NO_ACCESS = held(
    "no-access",
    "Access to the mailbox denied",
    "Microsoft denied access to this mailbox.",
    "Please check the approved permissions, and the Exchange policies that limit which"
    " mailboxes an application may use.",
    who=Who.MICROSOFT,
    place=Place.ENTRA,
)
# Microsoft says no more than NO_ACCESS does; what is new is the consent.
SPREADING = passing(
    "permission-spreading",
    "The permission is not known everywhere yet",
    "{issuer} does not know everywhere yet what was consented to just now; that takes"
    " some minutes at most, and the message will be sent then.",
)
# To an application: nobody tells when it was granted something, or that it never was.
NOT_YET_ALLOWED = replace(
    passing(
        "application-not-yet-allowed",
        "Access denied so far",
        "Microsoft denies the application access to this mailbox. What was granted just"
        " now, while the account was set up, is known everywhere only after some"
        " minutes, so it is tried again.",
    ),
    who=Who.MICROSOFT,
    steps=(
        "If nothing was granted yet, please grant the permissions, as those of an"
        " application, and approve them.",
    ),
    place=Place.ENTRA,
)
NO_MAILBOX = held(
    "no-mailbox",
    "No mailbox in Exchange Online",
    "The From address has no mailbox in Exchange Online.",
    "Please check the address and that its user has a license; a new mailbox needs some"
    " minutes.",
    who=Who.MICROSOFT,
    place=Place.MICROSOFT_365,
)
# Whoever signed in is asked at /me, whatever From is.
SIGNED_IN_WITHOUT = replace(
    NO_MAILBOX,
    name="signed-in-without-mailbox",
    why="The user who signed in has no mailbox in Exchange Online, out of which mail"
    " could leave.",
    steps=(
        "Please give that user a license with a mailbox; a new one needs some minutes.",
        "Or have somebody sign in who has one, with Send As for any other From"
        " address.",
    ),
)
MAILBOX_FULL = held(
    "mailbox-full",
    "The mailbox is full",
    "The mailbox is full.",
    "Please delete mail from it, of Sent Items and Deleted Items above all, or archive"
    " some.",
    "Or please give it a larger limit, or an archive, in the Exchange admin center,"
    " under Mailboxes.",
    who=Who.MICROSOFT,
    place=Place.EXCHANGE,
)
SENDER_BLOCKED = held(
    "sender-blocked",
    "Blocked from sending",
    "Microsoft has blocked this mailbox from sending.",
    "Please look at Restricted entities in the Microsoft Defender portal, and at the"
    " mailbox's own inbox.",
    who=Who.MICROSOFT,
    place=Place.DEFENDER,
)
OVER_QUOTA = held(
    "over-quota",
    "Microsoft's sending limit is used up",
    "This mailbox has used up what Microsoft lets it send in an hour or a day.",
    "Sending goes on by itself when the limit allows it again. If that is too late,"
    " please let another account send.",
    who=Who.WORKSPACE,
)
TOO_BIG_FOR_ONE_REQUEST = Explanation(
    name="needs-large-attachments",
    kind=Needed,
    who=Who.WORKSPACE,
    title="Large file attachments are needed",
    why="This message needs large file attachments: it does not fit into a single"
    " request to Microsoft.",
    steps=(
        "Please enable large file attachments, or press Sign In if they are on already;"
        " then it goes by itself.",
    ),
    place=Place.SETTINGS,
)
TOO_BIG = replace(
    aside(
        "too-big",
        "Larger than the mailbox may send",
        "This message is larger than the mailbox may send: 35 MB as it is encoded,"
        " unless an admin has raised it, to 150 MB at most.",
        "Please raise it in the Exchange admin center, under Mailboxes and Message size"
        " restriction.",
        "Then please retry.",
        who=Who.MICROSOFT,
        place=Place.EXCHANGE,
    ),
    command="Set-Mailbox -Identity {username} -MaxSendSize 150MB",
)
BAD_RECIPIENTS = hopeless(
    "bad-recipients",
    "There is no such recipient",
    "Microsoft found no valid recipient, or one that is not.",
    "Please correct the addresses and send it as a new message.",
)
TOO_MANY_RECIPIENTS = hopeless(
    "too-many-recipients",
    "Too many recipients",
    "This message has more recipients than the mailbox may address at once.",
    "Please send it to fewer at a time.",
)
BAD_MIME = hopeless(
    "bad-mime",
    "The message cannot be read",
    "Microsoft could not read this message: its MIME is not valid.",
    "Please have the application that wrote it mended.",
)
BAD_REQUEST = hopeless(
    "bad-request",
    "The message cannot be read",
    "Microsoft could not read this message.",
    "Please look at what Microsoft said about it.",
)
BAD_HEADERS = hopeless(
    "bad-headers",
    "A header is not taken",
    "Microsoft takes at most five headers of one's own, with names that begin with X-.",
    "Please send it with fewer headers, or enable large file attachments: then they"
    " leave as they are.",
)
BAD_ATTACHMENT = hopeless(
    "bad-attachment",
    "An attachment was not taken",
    "Microsoft did not take an attachment the way it was sent.",
    "Please look at what Microsoft said about it.",
)
GONE = doubtful(
    "draft-gone",
    "Its draft is gone",
    "The draft of this message is gone: it may have been sent.",
)
NEW_DRAFT = passing(
    "new-draft",
    "Its draft is gone",
    "The draft of this message is gone; the message will be sent later.",
    Scope.MESSAGE,
)
CHANGED = passing(
    "draft-changed",
    "Its draft was changed",
    "The draft of this message was being changed by somebody else.",
    Scope.MESSAGE,
)
BUSY = passing(
    "busy",
    "Microsoft is busy",
    "Microsoft is too busy right now.",
)
THROTTLED = passing(
    "throttled",
    "Too many requests",
    "Microsoft asked us to slow down.",
)
MAILBOX_AWAY = passing(
    "mailbox-away",
    "The mailbox is out of reach",
    "The mailbox cannot be reached right now.",
)
BAD_TOKEN = held(
    "token-refused",
    "Sign-in refused",
    "Microsoft does not accept our access to this mailbox.",
    "Please sign in again.",
    who=Who.WORKSPACE,
    place=Place.SETTINGS,
)
UNCERTAIN = doubtful(
    "no-clear-answer",
    "No clear answer",
    "Microsoft did not say whether it took this message.",
)
UNSAID = passing(
    "answered-wrongly",
    "Microsoft did not answer as it should",
    "Microsoft did not answer as it should. Nothing was sent.",
)
FAULT = doubtful(
    "microsoft-fault",
    "A fault at Microsoft",
    "Microsoft met a fault of its own, and may have taken this message.",
)
# It may be the message that does it, and then the next one gets through.
STUMBLED = passing(
    "microsoft-stumbled",
    "A fault at Microsoft",
    "Microsoft met a fault of its own.",
    Scope.MESSAGE,
)
NOT_FOUND = held(
    "mailbox-not-found",
    "Mailbox not found",
    "Microsoft does not find this mailbox.",
    "Please check the From address and that its user has a license; a new mailbox needs"
    " some minutes.",
    who=Who.MICROSOFT,
    place=Place.MICROSOFT_365,
)
ELSEWHERE = held(
    "not-microsoft",
    "Not Microsoft's answer",
    "Something that is not Microsoft answered.",
    "Please check the address of Microsoft Graph and the proxy.",
    who=Who.OPERATOR,
)

# What it means to an application: nobody signed in whom to give a right to. A mailbox
# is named by its user's name: aliases and groups are none.
# https://learn.microsoft.com/graph/api/user-sendmail
NO_MAILBOX_THERE = replace(
    NO_MAILBOX,
    name="application-no-mailbox",
    why="Microsoft finds no mailbox under the From address.",
    steps=(
        "Please check the address, and that its user has a license.",
        "A group has no mailbox of its own: it can only be sent as by a connected user"
        " with Send As, not by application permission; nor can an alias.",
    ),
)
# https://learn.microsoft.com/graph/outlook-send-mail-from-other-user
NOT_ITSELF = replace(
    NO_SEND_AS,
    name="application-not-itself",
    title="Not the mailbox itself",
    why="By application permission mail leaves only as the mailbox itself, and"
    " Microsoft says that this From is another.",
    steps=("To send as another address, connect a user with Send As.",),
    command="",
)
TOKEN_REFUSED = replace(
    BAD_TOKEN,
    name="application-token-refused",
    who=Who.OPERATOR,
    title="The application's token is refused",
    why="Microsoft does not accept the application's own token.",
    steps=(
        "Please check that the application is still registered and enabled in this"
        " organization.",
    ),
    place=Place.ENTRA,
)
