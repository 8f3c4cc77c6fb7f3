"""What becomes of a message by our own rules, whatever the other side says."""

from dataclasses import replace

from portal.errors import Rejected, Scope
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

LOOK = "Please look into the Sent Items of the mailbox that it was sent from."
ASK = "Please ask a recipient whether it came."
DECIDE = "Then say that it arrived, or resend it."


def _undecided(name: str, title: str, why: str, *steps: str) -> Explanation:
    row = doubtful(name, title, why)
    return replace(row, who=Who.WORKSPACE, steps=steps, place=Place.MESSAGES)


NOT_CONNECTED = held(
    "not-connected",
    "The account is not connected",
    "This account is not connected: nobody is signed in for it.",
    "Please press Enable or Sign In on its page.",
    who=Who.WORKSPACE,
    place=Place.SETTINGS,
)
OTHER_APPLICATION = held(
    "other-application",
    "Connected with another application",
    "The registered application has changed since this account was connected, and its"
    " sign-in is not used with another one.",
    "Please sign in again.",
    who=Who.WORKSPACE,
    place=Place.SETTINGS,
)
OTHER_SENDER = aside(
    "other-sender",
    "From is another address",
    "It names {wanted} as From, but the account sends as {present} now.",
    "Please set From back, or cancel the message and send it as a new one.",
    who=Who.WORKSPACE,
    place=Place.SETTINGS,
)
CONNECTED_ANEW = passing(
    "connected-anew",
    "Connected anew",
    "The account was connected anew meanwhile; it goes again.",
    Scope.MESSAGE,
)
GRANTED_OTHERWISE = passing(
    "granted-otherwise",
    "Other permissions",
    "Microsoft grants the account other permissions since it began; it goes again.",
    Scope.MESSAGE,
)
SLOW_WORKER = passing(
    "slow-worker",
    "The worker was slow",
    "The worker was too slow to begin; it goes again.",
    Scope.MESSAGE,
)
UPLOADED_ENOUGH = passing(
    "uploaded-enough",
    "The upload limit is reached",
    "The mailbox has taken as many bytes as Microsoft allows in five minutes; the rest"
    " follows.",
    Scope.MESSAGE,
)
CONTENT_GONE = Explanation(
    name="content-gone",
    kind=Rejected,
    who=Who.NOBODY,
    title="Its content is gone",
    why="Its content is gone.",
)
UNDIVIDED = aside(
    "must-stay-whole",
    "It must stay whole",
    "Microsoft Graph takes no more than 4 MB at once, and too little of this"
    " message can go beside it as a file: it is signed or encrypted, or its text is"
    " too long.",
    "It needs an SMTP account.",
    who=Who.WORKSPACE,
    place=Place.ADDING,
)
NOT_AS_ANOTHER = aside(
    "not-from-another-address",
    "Not from another address",
    "{reason}, which Graph cannot send from another address.",
    "Please enable large file attachments, or use an SMTP account.",
    who=Who.WORKSPACE,
    place=Place.SETTINGS,
)
FOREIGN = aside(
    "foreign-host",
    "Not Microsoft's host",
    "Microsoft named {host} to send the files to, which is not known as Microsoft's.",
    "Please check the address of Microsoft Graph and the cloud.",
    who=Who.OPERATOR,
)
UNREADABLE = doubtful(
    "draft-unreadable",
    "Its draft cannot be looked at",
    "Its draft may have been sent, and the mailbox cannot be read any more.",
)
LOOKED_FOR = passing(
    "draft-looked-for",
    "Its draft is looked for",
    "Microsoft did not say whether it made a draft of this message, so that is looked"
    " for before another is made.",
    Scope.MESSAGE,
)
UPLOAD_ENDED = passing(
    "upload-ended",
    "The upload ended early",
    "Microsoft ended the upload of a file before it was complete.",
    Scope.MESSAGE,
)
FAULT = passing(
    "fault",
    "A fault in Mail Portal",
    "A fault in Mail Portal stopped it; the operator's log says where.",
    Scope.MESSAGE,
)
STOPPED = aside(
    "stopped-the-worker",
    "It stopped the worker",
    "It stopped the worker three times before anything was sent.",
    "Please look at the worker's log for what it was.",
    "Then retry or cancel it.",
    who=Who.OPERATOR,
    place=Place.MESSAGES,
)
VANISHED = doubtful(
    "worker-vanished",
    "The worker vanished",
    "The worker vanished after sending may have begun.",
)
VANISHED_EARLY = passing(
    "worker-vanished-early",
    "The worker vanished",
    "The worker vanished before anything was sent; it goes again.",
    Scope.MESSAGE,
)
UNTOLD = passing(
    "claim-unknown",
    "The database did not answer",
    "The database did not say whether it was claimed; nothing was sent.",
    Scope.MESSAGE,
)
OVER = hopeless(
    "time-over",
    "Its time was over",
    "Its time was over before it could be sent.",
    "Please send it as a new message if it is still of use.",
    "If others run out of time too, give them more of it, or none (expires_at).",
)
FIVE_DAYS = replace(
    hopeless(
        "five-days",
        "Tried for five days",
        "It could not be sent for five days, though it was tried again and again.",
        "Please see in its story what was in the way, and have that ended.",
        "Then retry it if it is still of use.",
    ),
    who=Who.WORKSPACE,
    place=Place.MESSAGES,
)
WAITED = aside(
    "waited-too-long",
    "Too old to go without a word",
    "It waited more than five days for somebody to act.",
    "Please retry it, or cancel it if it is out of date.",
    who=Who.WORKSPACE,
    place=Place.MESSAGES,
)
RESTORED = aside(
    "restored",
    "Restored from a backup",
    "The database was restored from a backup, so it may have been sent already.",
    "Please find out whether it arrived: look into the sender's Sent Items or the"
    " server's log, or ask a recipient.",
    "Then say that it arrived, or else retry it.",
    who=Who.WORKSPACE,
    place=Place.MESSAGES,
)
LOOKED_FOR_AGAIN = doubtful(
    "looked-for-again",
    "It is looked for again",
    "What became of it is not known yet, so it is looked for again.",
)

# Nobody could find out whether it was sent, so a human decides.
CANNOT_READ = _undecided(
    "unconfirmed-unreadable",
    "The answer was lost",
    "The answer was lost, and without Mail.ReadWrite Microsoft cannot be asked what"
    " became of it.",
    LOOK,
    DECIDE,
)
ELSEWHERE = _undecided(
    "unconfirmed-elsewhere",
    "The answer was lost",
    "The answer was lost, and the mailbox that it was sent from is not connected any"
    " more.",
    LOOK,
    DECIDE,
)
NOT_FOUND = _undecided(
    "unconfirmed-not-found",
    "The answer was lost",
    "The answer was lost, and it is not in the mailbox.",
    ASK,
    DECIDE,
)
AMONG_DRAFTS = _undecided(
    "unconfirmed-among-drafts",
    "The answer was lost",
    "The answer was lost, and Microsoft still keeps it among the drafts.",
    ASK,
    DECIDE,
)
NAMESAKES = _undecided(
    "unconfirmed-namesakes",
    "The answer was lost",
    "The answer was lost, and other messages brought the same Message-ID: the mailbox"
    " cannot tell them apart.",
    LOOK,
    DECIDE,
)
NOT_ASKED = _undecided(
    "unconfirmed-not-asked",
    "The answer was lost",
    "The answer was lost, and for a day Microsoft could not be asked what became of"
    " it.",
    LOOK,
    DECIDE,
)
BY_SMTP = _undecided(
    "unconfirmed-by-smtp",
    "The answer was lost",
    "The answer was lost, and an SMTP server cannot be asked what became of a message.",
    "Please look into the sender's Sent Items or the server's log, or ask a recipient.",
    DECIDE,
)
