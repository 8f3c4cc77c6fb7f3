"""A verification in every state that its page shows."""

from dataclasses import replace
from typing import Any

from portal.explanations import sign_in
from portal.explanations.graph import NO_SEND_AS
from portal.explanations.own import CANNOT_READ
from portal.intake.test_mail import ON_ITS_WAY
from portal.watch.verify import NO_ADDRESS, grant, microsoft, preflight, server
from portal.workspace.verification import (
    Name,
    Outcome,
    Step,
    Verification,
    behind,
    skipped,
    well,
)
from tests.web.accounts import ROWS
from tests.web.standings import (
    ADMIN,
    ID,
    NOW,
    PORTAL,
    SEND_AS,
)
from tests.web.typed import field, form
from tests.web.ways import AROUND

URI = f"{PORTAL}/callback"
FIRST = (
    well(Name.REACHABLE, microsoft.GRAPH_ANSWERS),
    well(Name.CREDENTIAL, microsoft.SECRET_TAKEN),
)
RETURNED = well(
    Name.REDIRECT_URI, microsoft.CAME_BACK.format(day="2026-11-20", uri=URI)
)
UNSEEN = skipped(
    Name.REDIRECT_URI, microsoft.UNSEEN, hint=microsoft.IN_ENTRA.format(uri=URI)
)
GRANTED = (
    well(
        Name.CONSENT,
        grant.GRANTED.format(permissions="Mail.Send, Mail.Send.Shared"),
    ),
    well(Name.RENEWAL, grant.RENEWED),
    skipped(Name.SERVER, server.BY_GRAPH),
)
SHARED = f"{preflight.SEEMS[preflight.Kind.MAILBOX]} {preflight.DRAFTED}"
UNPROVEN = skipped(Name.SENDER, f"{SHARED} {preflight.UNPROVEN}", command=SEND_AS)
NO_MAIL = skipped(Name.TEST_MAIL, NO_ADDRESS)
WELL = Verification(
    account_id=ID,
    at=NOW,
    by=ADMIN,
    steps=(*FIRST, RETURNED, *GRANTED, UNPROVEN, NO_MAIL),
)


def failed(name: Name, cause: Any, **more: str) -> Step:
    return Step(
        name=name,
        outcome=Outcome.FAILED,
        said=cause.sentence,
        cause=cause.name,
        **more,  # type: ignore[arg-type]
    )


EXPIRED = replace(
    WELL,
    steps=(
        FIRST[0],
        failed(Name.CREDENTIAL, sign_in.SECRET_EXPIRED),
        UNSEEN,
        *(
            behind(name, Name.CREDENTIAL)
            for name in (Name.CONSENT, Name.RENEWAL, Name.SERVER, Name.SENDER)
        ),
        behind(Name.TEST_MAIL, Name.CREDENTIAL),
    ),
)
REFUSED = WELL.with_test(failed(Name.TEST_MAIL, NO_SEND_AS, command=SEND_AS), ID)
WAITING = WELL.with_test(
    Step(name=Name.TEST_MAIL, outcome=Outcome.WAITING, said=ON_ITS_WAY), ID
)
DOUBTED = WELL.with_test(
    Step(
        name=Name.TEST_MAIL,
        outcome=Outcome.UNCONFIRMED,
        said=CANNOT_READ.sentence,
        cause=CANNOT_READ.name,
    ),
    ID,
)
EMPTY = form(to=field("to"))
WRONG = form(
    "This account sends nothing: it is switched off.",
    to=field("to", "nobody", "This is not an e-mail address."),
)


def of(found: Verification | None, typed: Any = EMPTY) -> tuple[str, dict[str, Any]]:
    shown = {"row": ROWS[0], "found": found, "form": typed, "home": "/settings"}
    return "verification/index.html", {**AROUND, **shown}


VERIFICATIONS = {
    "verification-none": of(None),
    "verification-well": of(WELL),
    "verification-expired": of(EXPIRED),
    "verification-refused": of(REFUSED),
    "verification-waiting": of(WAITING),
    "verification-unconfirmed": of(DOUBTED),
    "verification-wrong": of(WELL, WRONG),
}
