"""How these tests verify an account, and read what was found."""

from dataclasses import replace
from typing import Any

from portal import config, db
from portal.watch import verify
from portal.watch.verify import Patience
from portal.workspace import accounts
from portal.workspace.verification import Name, Outcome, Step, Verification

OK, FAILED, SKIPPED = Outcome.OK, Outcome.FAILED, Outcome.SKIPPED


def run(name: str | None = None, patience: Patience = verify.USUAL) -> Verification:
    """Verify an account, the default one."""
    with db.reading() as session:
        account = accounts.find(session, name)
    return verify.run(account.id, "operator", patience)


def outcomes(found: Verification) -> dict[Name, Outcome]:
    return {step.name: step.outcome for step in found.steps}


def step(found: Verification, name: Name) -> Step:
    return next(each for each in found.steps if each.name == name)


def failure(found: Verification) -> tuple[Name, str]:
    """Return which step failed, the only one, and by which explanation."""
    [one] = [each for each in found.steps if each.outcome == FAILED]
    return one.name, one.cause


def after(found: Verification) -> list[Step]:
    """Return the steps behind the one that failed."""
    steps = list(found.steps)
    first = next(each for each in steps if each.outcome == FAILED)
    return steps[steps.index(first) + 1 :]


def move(**more: Any) -> None:
    """Change where things are, as whoever sets the environment anew."""
    config.use(replace(config.current(), **more))
