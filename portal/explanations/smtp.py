"""Why an SMTP server, whoever runs it, does not take a message."""

from portal.errors import Scope
from portal.explanations.row import (
    Place,
    Who,
    by_person,
    doubtful,
    held,
    hopeless,
    lasting,
    passing,
)

SMALLER = (
    "Please send smaller files, or links to them.",
    "If it has to be as large, send it by an account that takes more: one that sends"
    " through Microsoft Graph, with large file attachments.",
)

BUSY = passing(
    "smtp-busy",
    "The SMTP server is busy",
    "The SMTP server cannot take mail right now; it goes again.",
)
# It may be the message that does it, and then the next one gets through.
NOT_NOW = passing(
    "smtp-not-now",
    "Not taken for now",
    "The SMTP server did not take this message; it goes again.",
    Scope.MESSAGE,
)
STRANGE = lasting(
    "smtp-strange",
    "Not an SMTP server",
    "What answered does not speak SMTP as it should.",
    "Please check the host, its port, and whether it expects TLS at once or STARTTLS.",
    place=Place.ACCOUNTS,
)
UNCLEAR = doubtful(
    "smtp-no-clear-answer",
    "No clear answer",
    "The SMTP server did not say whether it took this message.",
)
UNHEARD = doubtful(
    "smtp-unheard",
    "The answer was lost",
    "The SMTP server took all of the message, and did not say whether it keeps it.",
)
NOT_SERVED = held(
    "smtp-not-served",
    "This machine is not served",
    "The SMTP server refuses to talk to this machine.",
    "Please ask whoever runs it to allow that.",
    who=Who.OPERATOR,
)
NO_TLS = held(
    "smtp-no-tls",
    "No encryption offered",
    "The SMTP server does not encrypt (STARTTLS), or something between us and it hides"
    " that it does.",
    "Please check the host and port, and how the account secures its connection.",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
NO_SIGN_IN = held(
    "smtp-no-sign-in",
    "Sign-in refused",
    "The SMTP server does not accept how this account signs in.",
    "Please check its username and password, on the account's page or with portal"
    " accounts set.",
    who=Who.WORKSPACE,
    place=Place.ACCOUNTS,
)
NO_TOKEN = by_person(
    "smtp-no-token",
    "Sign-in refused",
    "The SMTP server does not accept the sign-in (OAuth) of this account's user.",
    "Please have that user sign in again, and accept all that is asked for"
    " (SMTP.Send).",
)
NOT_LET_IN = held(
    "smtp-application-not-let-in",
    "The application is not let in",
    "The SMTP server does not accept the application's own sign-in (OAuth) for this"
    " account's mailbox.",
    "Please grant the application SMTP.SendAsApp (of Office 365 Exchange Online) in"
    " Entra, with admin consent.",
    "In Exchange Online PowerShell, make its service principal known"
    " (New-ServicePrincipal), and let it use the mailbox (Add-MailboxPermission).",
    who=Who.MICROSOFT,
    place=Place.ENTRA,
)
NOT_OFFERED = held(
    "smtp-not-offered",
    "This way to sign in is not offered",
    "The SMTP server lets nobody sign in the way this account does.",
    "Please check the host, the port and the kind of authentication.",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
NOT_SIGNED_IN = held(
    "smtp-not-signed-in",
    "The account does not sign in",
    "The SMTP server takes mail only from who signs in.",
    "Please give this account a username and password (portal accounts set).",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
NO_SENDER = held(
    "smtp-no-sender",
    "From is not allowed",
    "The SMTP server does not let this account send from its address.",
    "Please check From and Return-Path, and what the server allows this username.",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
NOBODY = hopeless(
    "smtp-no-recipient",
    "Every recipient is refused",
    "The SMTP server refuses every recipient.",
    "Please compare each address with what the server said of it.",
    "Then send it to the right addresses as a new message.",
    "If they are right, ask whoever runs the server to let them be written to from"
    " here.",
)
REFUSED = hopeless(
    "smtp-refused",
    "The message is refused",
    "The SMTP server refuses this message.",
    "Please look at what the server said about it.",
    "Change what it does not like, then send it as a new message.",
    "If that does not say enough, ask whoever runs the server, with those words.",
)
TOO_LARGE = hopeless(
    "smtp-too-large",
    "Too large for the server",
    "This message is larger than the SMTP server takes.",
    *SMALLER,
)
NO_UTF8 = hopeless(
    "address-beyond-ascii",
    "The server takes no such address",
    "The address {address} has letters beyond ASCII before its @, which this SMTP"
    " server does not take (SMTPUTF8).",
    "Please use another address of the same person, one without such letters.",
    "If there is none, send it by an account whose server takes them.",
)
NO_EIGHT_BIT = hopeless(
    "signed-beyond-ascii",
    "The server takes no such text",
    "It is signed or encrypted, with characters beyond ASCII, which this SMTP server"
    " does not take (8BITMIME); encoding them anew would break it.",
    "Please sign it in an encoding of ASCII, such as quoted-printable.",
)
BEYOND_SIZE = hopeless(
    "beyond-size",
    "Too large for the server",
    "This message has {size} bytes, and this SMTP server takes no more than {most}.",
    *SMALLER,
)
