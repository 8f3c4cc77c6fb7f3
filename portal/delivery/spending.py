"""Spending a token: what is wrong with one hits the whole account."""

from collections.abc import Callable
from typing import TypeVar

from portal.errors import (
    Answer,
    Deferred,
    IssuerError,
    NotConnected,
    Scope,
    Withheld,
)

T = TypeVar("T")


def spent(fetch: Callable[[], T]) -> T:
    """Return the token that `fetch` gets; raise Deferred or Withheld instead."""
    try:
        return fetch()
    except NotConnected as error:
        raise Withheld(str(error), scope=Scope.ACCOUNT) from error
    except IssuerError as error:
        said = Answer(code=error.code)
        if error.passing:
            raise Deferred(
                str(error), scope=Scope.MAILBOX, answer=said, after=error.after
            ) from error
        raise Withheld(str(error), scope=Scope.ACCOUNT, answer=said) from error
