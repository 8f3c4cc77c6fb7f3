"""Verify setup for programs: at the HTTP door, by the account's name.

It stands here and not behind the door, which does not know who looks after the house.
"""

from datetime import timedelta

from flask import g, request
from flask.typing import ResponseReturnValue

from portal import clock, db
from portal.errors import InvalidMessage
from portal.intake import test_mail
from portal.intake.http import door
from portal.intake.http.door import bp
from portal.watch import verify
from portal.workspace import verification
from portal.workspace.verification import report

# Whoever asks again and again is told the same: Microsoft counts who renews in a loop.
RECENT = timedelta(seconds=10)


@bp.post("/verification")
def verified() -> ResponseReturnValue:
    """Go through the setup of an account now, step by step; sends nothing."""
    door.refuse_parameters(("account",))
    name = request.args.get("account")
    if name == "":
        raise InvalidMessage.of("account", "must not be empty")
    with db.reading() as session:
        account = g.key.limits.choose(session, name)
        last = verification.last(session, account.id)
    if last is None or last.at < clock.now() - RECENT:
        last = verify.run(account.id, f"key {g.key.name}")
    with db.reading() as session:
        told = report.told(session, test_mail.judged(session, last))
    return {"account": account.name, **told}
