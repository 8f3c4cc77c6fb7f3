"""What a verification has found, as a terminal tells it and as programs read it."""

from collections.abc import Iterator
from dataclasses import replace

from portal import db
from portal.commands import operator
from portal.commands.test_mail import SUBJECT, TEXT, awaited
from portal.explanations import Told, terminal
from portal.intake import test_mail
from portal.watch import verify
from portal.workspace.accounts import Account
from portal.workspace.verification import TROUBLED, Name, Step, Verification

TITLES = {
    Name.REACHABLE: "Reachable",
    Name.CREDENTIAL: "Credential accepted",
    Name.REDIRECT_URI: "Redirect URI",
    Name.CONSENT: "Consent",
    Name.RENEWAL: "Sign-in renews",
    Name.SERVER: "Server signs in",
    Name.SENDER: "From address",
    Name.TEST_MAIL: "Test mail",
}
INDENT = " " * 9


def run(account: Account, to: str | None) -> Verification:
    """Verify an account; if nothing fails, send a test mail where one is asked for."""
    found = verify.run(account.id, operator.NAME)
    if to is None or not found.well:
        return found
    found = test_mail.follow(found, to, SUBJECT, TEXT)
    if found.message_id:
        awaited(found.message_id)
    with db.reading() as session:
        return test_mail.judged(session, found)


def as_text(found: Verification, page: str) -> str:
    """Tell it to people, a step below the other; `page` puts the account right."""
    return "\n".join(line for step in found.steps for line in _lines(step, page))


def _lines(step: Step, page: str) -> Iterator[str]:
    yield f"{step.outcome:<{len(INDENT) - 1}} {TITLES[step.name]}"
    yield from terminal.explained(_told(step, page), INDENT)
    yield from terminal.answered(step.answer.raw, INDENT)
    yield from terminal.folded(step.hint, INDENT, INDENT)


def _told(step: Step, page: str) -> Told:
    """Explain what somebody has to act on; of all else, tell what was found."""
    if step.behind:
        return Told(why=f'Not looked at, because "{TITLES[step.behind]}" has failed.')
    if step.outcome in TROUBLED:
        return replace(step.told.at(page), fate="")  # it is about no mail
    return Told(why=step.said, command=step.command)
