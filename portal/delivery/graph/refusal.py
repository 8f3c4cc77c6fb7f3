"""What a refusal means to an account: what ends it, and which of its mail it hits."""

from portal.delivery.transport import Parcel
from portal.errors import DeliveryError, Scope, Withheld
from portal.explanations.graph import (
    BAD_TOKEN,
    NOT_YET_ALLOWED,
    SPREADING,
    TOKEN_REFUSED,
)
from portal.microsoft import problems
from portal.microsoft.graph import TokenRefused
from portal.microsoft.identity import NAME
from portal.microsoft.problems import application
from portal.workspace.tokens import Token


def of(token: Token, error: TokenRefused) -> DeliveryError:
    """Return what it means that Microsoft refuses a token that is new."""
    row = BAD_TOKEN if token.connection else TOKEN_REFUSED
    return row.error(error.answer)


def explained(error: Withheld, token: Token, parcel: Parcel) -> DeliveryError:
    """Return it in words for this account, with the command for its addresses."""
    if passing := spread(error, token):
        return passing
    if token.connection is None:
        error, username = _to_application(error, parcel), parcel.sender
    else:
        username = token.connection.unique
    error.command = problems.spell(
        error.command, sender=parcel.sender, username=username
    )
    return error


def spread(error: Withheld, token: Token) -> DeliveryError | None:
    """Return it as one that passes, if what was granted may only be young.

    Soon after a consent nobody has to act on what is said of a missing permission.
    """
    if token.young and problems.spreads(error.answer):
        row = SPREADING if token.connection else NOT_YET_ALLOWED
        return row.error(error.answer, error.after, issuer=NAME)
    return None


def _to_application(error: Withheld, parcel: Parcel) -> Withheld:
    """Return what it says to an application; one mailbox holds up no other."""
    row = application.decide(error.answer)
    if row is None:
        return error
    only = application.of_one_mailbox(row, proven=parcel.proven)
    return row.as_a(
        Withheld,
        scope=Scope.MESSAGE if parcel.catch_all and only else row.scope,
        answer=error.answer,
        after=error.after,
        command=row.command,
    )
