"""What a refusal means to an account: what ends it, and which of its mail it hits."""

from portal.delivery.transport import Parcel
from portal.errors import Scope, Withheld
from portal.microsoft import problems
from portal.microsoft.graph import TokenRefused
from portal.microsoft.problems import application
from portal.workspace.tokens import Token


def of(token: Token, error: TokenRefused) -> Withheld:
    """Return what it means that Microsoft refuses a token that is new."""
    own = token.connection is None
    sentence = application.TOKEN_REFUSED.sentence if own else str(error)
    return Withheld(sentence, scope=Scope.ACCOUNT, answer=error.answer)


def explained(error: Withheld, token: Token, parcel: Parcel) -> Withheld:
    """Return it in words for this account, with the command for its addresses."""
    if token.connection is None:
        error, username = _to_application(error, parcel), parcel.sender
    else:
        username = token.connection.username
    error.command = problems.spell(
        error.command, sender=parcel.sender, username=username
    )
    return error


def _to_application(error: Withheld, parcel: Parcel) -> Withheld:
    """Return what it says to an application; one mailbox holds up no other."""
    decision = application.decide(error.answer)
    if decision is None:
        return error
    only = application.of_one_mailbox(decision, proven=parcel.proven)
    return Withheld(
        decision.sentence,
        scope=Scope.MESSAGE if parcel.catch_all and only else decision.scope,
        answer=error.answer,
        after=error.after,
        command=decision.command,
    )
