"""Verify setup: what is right and what is not, step by step, for any kind of account.

Nothing is sent. Each step shows what can be shown without a mail, and says so where
that is nothing; what comes behind a step that has failed is not looked at. Calls to
others lie between short sessions, and all of it ends in time. Any number may look at
once: a sign-in is renewed by one of them, and what is made is deleted again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from portal import clock, db
from portal.errors import DeliveryError, IssuerError, NotConnected
from portal.net import deadline
from portal.net.deadline import Deadline
from portal.watch.verify import grant, microsoft, sender, server, setup
from portal.watch.verify.setup import Setup
from portal.workspace import verification
from portal.workspace.verification import Name, Step, Verification

WAITS = (5.0, 10.0)  # seconds to connect to one address, and for each wait
NO_TIME = "Nobody looked: the steps before it have taken all the time there is."
NO_ADDRESS = "None was asked for."

# Which steps are looked at together, and by what; in this order.
LOOKS: tuple[tuple[tuple[Name, ...], Callable[[Setup], tuple[Step, ...]]], ...] = (
    ((Name.REACHABLE,), microsoft.reach),
    ((Name.CREDENTIAL,), microsoft.prove),
    ((Name.REDIRECT_URI,), microsoft.redirect),
    ((Name.CONSENT, Name.RENEWAL), grant.renew),
    ((Name.SERVER,), server.sign_in),
    ((Name.SENDER,), sender.look),
)
TROUBLES = (DeliveryError, IssuerError, NotConnected)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a verification may take."""

    step: float = 15.0  # seconds
    whole: float = 60.0


USUAL = Patience()


def run(account_id: UUID, by: str, patience: Patience = USUAL) -> Verification:
    """Look at all of an account's setup, and keep what was found.

    Takes a minute at most, and opens short sessions; raises NotFound or CannotDecrypt.
    """
    given = setup.read(account_id)
    until = clock.seconds() + patience.whole
    steps: list[Step] = []
    for names, look in LOOKS:
        first = verification.failed(steps)
        if first and Name.REDIRECT_URI not in names:
            steps += [verification.behind(name, first) for name in names]
        elif clock.seconds() >= until:
            steps += [verification.skipped(name, NO_TIME) for name in names]
        else:
            soon = min(until, clock.seconds() + patience.step)
            with deadline.obeyed(Deadline(soon, *WAITS)):
                steps += _looked(names, look, given)
    first = verification.failed(steps)
    steps.append(
        verification.behind(Name.TEST_MAIL, first)
        if first
        else verification.skipped(Name.TEST_MAIL, NO_ADDRESS)
    )
    found = verification.now(account_id, by, steps)
    with db.session() as session:
        verification.keep(session, found)
    return found


def _looked(
    names: tuple[Name, ...], look: Callable[[Setup], tuple[Step, ...]], given: Setup
) -> tuple[Step, ...]:
    try:
        return look(given)
    except TROUBLES as error:
        first, *others = names
        rest = (verification.behind(name, first) for name in others)
        return setup.failed(given, first, error), *rest
