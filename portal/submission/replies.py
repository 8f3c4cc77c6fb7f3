"""What a server's replies mean: every failure is one of four, decided here alone.

What comes before the final dot says that the message was surely not accepted. Where
Microsoft or Google has a meaning of its own for a reply, that goes first.
"""

from enum import StrEnum

from portal.errors import DeliveryError
from portal.explanations import Explanation
from portal.explanations.smtp import (
    BUSY,
    NO_SENDER,
    NO_SIGN_IN,
    NO_TLS,
    NO_TOKEN,
    NOBODY,
    NOT_LET_IN,
    NOT_NOW,
    NOT_SERVED,
    NOT_SIGNED_IN,
    REFUSED,
    STRANGE,
    TOO_LARGE,
    UNCLEAR,
)
from portal.google import submission as gmail
from portal.microsoft.problems import submission as exchange
from portal.submission.client import Client, Reply
from portal.workspace.accounts.servers import Provider


class Step(StrEnum):
    """What was said before a reply came."""

    GREETING = "greeting"  # nothing yet
    HELLO = "hello"
    STARTTLS = "starttls"
    SIGN_IN = "sign in"
    OAUTH = "oauth"  # a sign-in by a user's token
    APPLICATION = "application"  # by the application's own
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"
    CONTENT = "content"  # all of it, the final dot included


# What a 5xx means by where it comes; a 4xx passes wherever that is.
OTHERWISE = {
    Step.GREETING: NOT_SERVED,
    Step.HELLO: NOT_SERVED,
    Step.STARTTLS: NO_TLS,
    Step.SIGN_IN: NO_SIGN_IN,
    Step.OAUTH: NO_TOKEN,
    Step.APPLICATION: NOT_LET_IN,
    Step.SENDER: NO_SENDER,
    Step.RECIPIENT: NOBODY,
    Step.DATA: NOBODY,
    Step.CONTENT: REFUSED,
}
BY_TOKEN = (Step.OAUTH, Step.APPLICATION)
ABOUT_MAIL = (Step.SENDER, Step.RECIPIENT, Step.DATA, Step.CONTENT)
ABOUT_MESSAGE = (Step.RECIPIENT, Step.CONTENT)
CLOSING = 421  # the server ends the connection, whatever was said
AUTHENTICATE = 530
STORAGE = 552
SIZES = frozenset({"5.3.4", "5.2.3"})  # RFC 3463: of the system, of a mailbox


def refusal(reply: Reply, step: Step, client: Client) -> DeliveryError:
    """Return what a reply means that is not the one that was waited for.

    Its command is still to be spelled.
    """
    return decide(reply, step, provider=client.provider).error(reply.answer)


def decide(reply: Reply, step: Step, provider: Provider | None) -> Explanation:
    """Decide what becomes of a message; None: it is nobody's server that we know."""
    match provider:
        case Provider.MICROSOFT:
            known = _of_exchange(reply, step)
        case Provider.GOOGLE:
            known = gmail.decide(reply.status, reply.code)
        case _:
            known = None
    return known or _generic(reply, step)


def _of_exchange(reply: Reply, step: Step) -> Explanation | None:
    known = exchange.decide(reply.status, reply.code, reply.text)
    by_recipient = step == Step.RECIPIENT and known in exchange.OF_RECIPIENT
    by_token = step in BY_TOKEN and known in exchange.OF_PASSWORD
    return None if by_recipient or by_token else known


def _generic(reply: Reply, step: Step) -> Explanation:
    if reply.status == CLOSING:
        return BUSY
    if 400 <= reply.status < 500:
        return NOT_NOW if step in ABOUT_MESSAGE else BUSY
    if 500 <= reply.status < 600:
        return _refused(reply, step)
    # Of another number nobody knows what it means; before the dot nothing was taken.
    return UNCLEAR if step == Step.CONTENT else STRANGE


def _refused(reply: Reply, step: Step) -> Explanation:
    if step in ABOUT_MAIL and reply.status == AUTHENTICATE:
        return NOT_SIGNED_IN
    sized = reply.status == STORAGE or reply.code in SIZES
    if step in (Step.SENDER, Step.CONTENT) and sized:
        return TOO_LARGE
    # RFC 5321 section 4.5.3.1.10: of a recipient it says what 452 says.
    if step == Step.RECIPIENT and reply.status == STORAGE and reply.code not in SIZES:
        return NOT_NOW
    return OTHERWISE[step]
