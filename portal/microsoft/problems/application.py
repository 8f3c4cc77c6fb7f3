"""What a refusal means to an application: nobody signed in whom to give a right to."""

from dataclasses import replace

from portal.errors import Answer
from portal.microsoft import problems
from portal.microsoft.problems.causes import (
    BAD_TOKEN,
    MAILBOX_FULL,
    NO_ACCESS,
    NO_MAILBOX,
    NO_SEND_AS,
    NOT_FOUND,
    OVER_QUOTA,
    SENDER_BLOCKED,
    Decision,
    Who,
)

# A mailbox is named by its user's name: aliases and groups are none.
# https://learn.microsoft.com/graph/api/user-sendmail
NO_MAILBOX_THERE = replace(
    NO_MAILBOX,
    sentence="Microsoft finds no mailbox under the From address. Please check the"
    " address, and that its user has a license. A group has no mailbox of its own: it"
    " can only be sent as by a connected user with Send As, not by application"
    " permission; nor can an alias.",
)
# https://learn.microsoft.com/graph/outlook-send-mail-from-other-user
NOT_ITSELF = replace(
    NO_SEND_AS,
    sentence="By application permission mail leaves only as the mailbox itself, and"
    " Microsoft says that this From is another. To send as another address, connect a"
    " user with Send As.",
    command="",
)
TOKEN_REFUSED = replace(
    BAD_TOKEN,
    who=Who.OPERATOR,
    sentence="Microsoft does not accept the application's own token. Please check that"
    " the application is still registered and enabled in this organization.",
)

SAID = {
    NO_MAILBOX: NO_MAILBOX_THERE,
    NOT_FOUND: NO_MAILBOX_THERE,
    NO_SEND_AS: NOT_ITSELF,
    BAD_TOKEN: TOKEN_REFUSED,
    **{same: same for same in (NO_ACCESS, MAILBOX_FULL, SENDER_BLOCKED, OVER_QUOTA)},
}
OF_ONE_MAILBOX = frozenset(
    {NO_MAILBOX_THERE, NOT_ITSELF, MAILBOX_FULL, SENDER_BLOCKED, OVER_QUOTA}
)


def decide(answer: Answer) -> Decision | None:
    """Find what an answer means to an application; None: the same as to anybody."""
    if answer.status is None:
        return None
    return SAID.get(problems.meaning(answer.status, answer.code))


def of_one_mailbox(decision: Decision, *, proven: bool) -> bool:
    """Tell whether it says nothing of the other mailboxes that an application may use.

    Which those are Exchange may limit: who has sent from one before is not allowed
    another, rather than none any more.
    """
    return decision in OF_ONE_MAILBOX or (decision == NO_ACCESS and proven)
