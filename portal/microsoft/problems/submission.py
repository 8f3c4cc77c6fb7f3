"""What Exchange Online's replies mean to whoever submits mail by SMTP.

https://learn.microsoft.com/exchange/troubleshoot/email-delivery/fix-issues-with-printers-scanners-and-lob-applications-that-send-email-using-off
"""

import re

from portal.microsoft.problems.causes import (
    BUSY,
    MAILBOX_FULL,
    NO_SEND_AS,
    OVER_QUOTA,
    SENDER_BLOCKED,
    THROTTLED,
    Decision,
    Who,
    held,
)

BAD_SIGN_IN = held(
    Who.OPERATOR,
    "Exchange Online does not accept how this account signs in. Please check its"
    " username and password (portal accounts set); for OAuth, that an administrator"
    " has granted the application SMTP.SendAsApp, and that Exchange knows its service"
    " principal and lets it use this mailbox.",
)
NOT_FOR_MAILBOX = held(
    Who.ADMIN,
    "Exchange Online does not accept the sign-in of this account's user for the mailbox"
    " that its username names. Somebody else's mailbox, or a shared one, takes Full"
    " Access to it (Add-MailboxPermission); then it goes by itself.",
)
# A mailbox's own setting wins over its organization's.
# https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/authenticated-client-smtp-submission
SWITCHED_OFF = held(
    Who.ADMIN,
    "Exchange Online does not let this mailbox send by SMTP. Either SMTP AUTH is"
    " switched off, for the mailbox or the whole organization: an administrator can"
    " switch it on for the mailbox. Or security defaults or a Conditional Access policy"
    " forbid this way to sign in: look at the sign-in log in Entra.",
    "Set-CASMailbox -Identity {username} -SmtpClientAuthenticationDisabled $false",
)
NOT_SIGNED_IN = held(
    Who.OPERATOR,
    "Exchange Online takes mail only from who signs in. Please give this account a"
    " username, and a password or OAuth (portal accounts set).",
)
NO_PASSWORDS = held(
    Who.OPERATOR,
    "Exchange Online takes no passwords for SMTP any more. Please let this account"
    " sign in with OAuth: portal accounts set NAME --oauth.",
)
STOPPED = held(
    Who.ADMIN,
    "Exchange Online has stopped this mailbox from sending by SMTP for a while, because"
    " the same error came again and again: a full mailbox, a missing Send As, a"
    " missing license, too many or invalid recipients. Please mend that; Microsoft"
    " lets the mailbox go on by itself, and cannot be asked to do so earlier.",
)

CODES: dict[str, Decision] = {
    "535 5.7.3": BAD_SIGN_IN,
    "535 5.7.139": SWITCHED_OFF,
    "530 5.7.57": NOT_SIGNED_IN,
    "550 5.7.57": NOT_SIGNED_IN,
    "535 5.7.57": NOT_SIGNED_IN,
    "550 5.7.30": NO_PASSWORDS,
    "535 5.7.30": NO_PASSWORDS,
    "550 5.7.60": NO_SEND_AS,
    "554 5.2.252": NO_SEND_AS,
    **{f"550 5.2.{number}": STOPPED for number in range(251, 256)},
    "550 5.1.8": SENDER_BLOCKED,
    "554 5.2.2": MAILBOX_FULL,
    "432 4.3.2": THROTTLED,
    "421 4.4.2": THROTTLED,
}
# What every 5.2.0 has in common is that the mailbox's store refused it; why it did is
# told by the name of the exception.
EXCEPTION = re.compile(r"Exception:(\w+?)Exception\b")
EXCEPTIONS: dict[str, Decision] = {
    "SendAsDenied": NO_SEND_AS,
    "SubmissionQuotaExceeded": OVER_QUOTA,
    "QuotaExceeded": MAILBOX_FULL,
}
OTHERWISE: dict[int, Decision] = {432: THROTTLED, 421: THROTTLED, 450: BUSY, 451: BUSY}
# Said of a recipient, these are about the recipient's mailbox, or that one address.
OF_RECIPIENT = frozenset({MAILBOX_FULL, OVER_QUOTA, BUSY})


def decide(status: int, code: str, text: str) -> Decision | None:
    """Find what a reply means; None if it has no meaning of Exchange's own.

    `code` is the enhanced one, `text` all that was said.
    """
    named = EXCEPTION.search(text)
    by_name = EXCEPTIONS.get(named[1]) if named and status >= 500 else None
    return CODES.get(f"{status} {code}") or by_name or OTHERWISE.get(status)
