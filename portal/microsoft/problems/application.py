"""What a refusal means to an application: nobody signed in whom to give a right to."""

from portal.errors import Answer
from portal.explanations import Explanation
from portal.explanations.graph import (
    BAD_TOKEN,
    MAILBOX_FULL,
    NO_ACCESS,
    NO_MAILBOX,
    NO_MAILBOX_THERE,
    NO_SEND_AS,
    NOT_FOUND,
    NOT_ITSELF,
    OVER_QUOTA,
    SENDER_BLOCKED,
    SIGNED_IN_WITHOUT,
    TOKEN_REFUSED,
)
from portal.microsoft import problems

SAID = {
    NO_MAILBOX: NO_MAILBOX_THERE,
    SIGNED_IN_WITHOUT: NO_MAILBOX_THERE,
    NOT_FOUND: NO_MAILBOX_THERE,
    NO_SEND_AS: NOT_ITSELF,
    BAD_TOKEN: TOKEN_REFUSED,
    **{same: same for same in (NO_ACCESS, MAILBOX_FULL, SENDER_BLOCKED, OVER_QUOTA)},
}
OF_ONE_MAILBOX = frozenset(
    {NO_MAILBOX_THERE, NOT_ITSELF, MAILBOX_FULL, SENDER_BLOCKED, OVER_QUOTA}
)


def decide(answer: Answer) -> Explanation | None:
    """Find what an answer means to an application; None: the same as to anybody."""
    if answer.status is None:
        return None
    return SAID.get(problems.meaning(answer.status, answer.code))


def of_one_mailbox(row: Explanation, *, proven: bool) -> bool:
    """Tell whether it says nothing of the other mailboxes that an application may use.

    Which those are Exchange may limit: who has sent from one before is not allowed
    another, rather than none any more.
    """
    return row in OF_ONE_MAILBOX or (row == NO_ACCESS and proven)
