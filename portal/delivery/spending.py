"""Spending a token: what is wrong with one hits the whole account."""

from collections.abc import Callable
from typing import TypeVar

from portal.errors import (
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
        raise _withheld(error) from error
    except IssuerError as error:
        if error.passing:
            raise _deferred(error) from error
        raise _withheld(error) from error


def _deferred(error: IssuerError) -> Deferred:
    passes = Deferred(
        str(error), scope=Scope.MAILBOX, answer=error.answer, after=error.after
    )
    return passes.because(error.cause)


def _withheld(error: NotConnected | IssuerError) -> Withheld:
    waits = Withheld(str(error), scope=Scope.ACCOUNT, answer=error.answer)
    return waits.because(error.cause)
