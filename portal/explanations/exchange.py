"""Why Exchange Online refuses what is submitted to it by SMTP."""

from dataclasses import replace

from portal.explanations.row import Place, Who, by_person, held

BAD_SIGN_IN = held(
    "exchange-bad-sign-in",
    "Sign-in refused",
    "Exchange Online does not accept how this account signs in.",
    "Please check its username and password, on the account's page or with portal"
    " accounts set.",
    who=Who.WORKSPACE,
    place=Place.ACCOUNTS,
)
NOT_FOR_MAILBOX = held(
    "exchange-not-for-mailbox",
    "Sign-in not for this mailbox",
    "Exchange Online does not accept the sign-in of this account's user for the mailbox"
    " that its username names.",
    "Somebody else's mailbox, or a shared one, takes Full Access to it"
    " (Add-MailboxPermission); then it goes by itself.",
    who=Who.MICROSOFT,
    place=Place.EXCHANGE,
)
# A mailbox's own setting wins over its organization's.
# https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission
SWITCHED_OFF = replace(
    held(
        "smtp-auth-switched-off",
        "Sending by SMTP is switched off",
        "Exchange Online does not let this mailbox send by SMTP.",
        "Either SMTP AUTH is switched off, for the mailbox or the whole organization:"
        " an administrator can switch it on for the mailbox.",
        "Or security defaults or a Conditional Access policy forbid this way to sign"
        " in: look at the sign-in log in Entra.",
        who=Who.MICROSOFT,
        place=Place.MICROSOFT_365,
    ),
    command="Set-CASMailbox -Identity {username} -SmtpClientAuthenticationDisabled"
    " $false",
)
NOT_ITS_RETURN_PATH = by_person(
    "exchange-not-its-return-path",
    "Return-Path is not allowed",
    "Exchange Online does not let this account send with the Return-Path {address}.",
    "Please clear Reply e-mail (Return-Path) on the account's page; if a message"
    " brought it, take the address out of those that the account sends as.",
    "Or have a Microsoft 365 admin give the account's user the Send As permission for"
    " that address; that takes up to an hour to work.",
)
NOT_SIGNED_IN = held(
    "exchange-not-signed-in",
    "The account does not sign in",
    "Exchange Online takes mail only from who signs in.",
    "Please give this account a username, and a password or OAuth (portal accounts"
    " set).",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
NO_PASSWORDS = held(
    "exchange-no-passwords",
    "Passwords are not taken any more",
    "Exchange Online takes no passwords for SMTP any more.",
    "Please let this account sign in with OAuth: portal accounts set NAME --oauth.",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
STOPPED = held(
    "exchange-stopped",
    "Stopped for a while",
    "Exchange Online has stopped this mailbox from sending by SMTP for a while, because"
    " the same error came again and again: a full mailbox, a missing Send As, a"
    " missing license, too many or invalid recipients.",
    "Please mend that; Microsoft lets the mailbox go on by itself, and cannot be asked"
    " to do so earlier.",
    who=Who.MICROSOFT,
    place=Place.EXCHANGE,
)
