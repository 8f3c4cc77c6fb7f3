"""Reset, the word about mail that waits for one, and that about a renamed mailbox."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue

from portal import db
from portal.db import Session
from portal.errors import Conflict
from portal.mail.outbox import overdue
from portal.web.language import gettext as _
from portal.web.language import ngettext, number, said
from portal.web.session import guard
from portal.web.settings import page, place
from portal.workspace.consent import renaming, reset
from portal.workspace.consent.renaming import Seen

bp = Blueprint("decisions", __name__)
guard.admins_only(bp, home="/settings")
bp.url_value_preprocessor(place.keep)


@bp.get("/reset")
def ask() -> str:
    """Say what Reset deletes, what it keeps, and what is not ours."""
    return page.show(template="settings/reset.html")


@bp.post("/reset")
def take_back() -> ResponseReturnValue:
    """Take From, switch and tokens back."""
    with db.session() as session:
        account = place.account(session)
        reset.reset(session, account.id, guard.admin().called)
    flash(_("The connection was reset"), "reset")
    return redirect(place.here(), code=303)


@bp.post("/waiting-mail")
def send() -> ResponseReturnValue:
    """Send what is too old to go by itself."""
    with db.session() as session:
        account = place.living(session)
        here = place.of(session, account.id)
        sent = overdue.send(session, account.id, guard.admin().called)
    words = ngettext("%(count)s message goes out.", "%(count)s messages go out.", sent)
    flash(words % {"count": number(sent)})
    return redirect(here, code=303)


@bp.post("/waiting-mail/discard")
def discard() -> ResponseReturnValue:
    """Cancel what is too old to go by itself."""
    with db.session() as session:
        account = place.living(session)
        here = place.of(session, account.id)
        gone = overdue.discard(session, account.id, guard.admin().called)
    words = ngettext(
        "%(count)s message was discarded.", "%(count)s messages were discarded.", gone
    )
    flash(words % {"count": number(gone)})
    return redirect(here, code=303)


@bp.post("/new-name")
def follow() -> ResponseReturnValue:
    """Send from what the mailbox is called by now."""
    return _decide(renaming.follow, _("Changes have been saved!"))


@bp.post("/new-name/refusal")
def stay() -> ResponseReturnValue:
    """Go on to send from what it was called."""
    return _decide(renaming.stay, _("From stays as it is."))


def _decide(
    decide: Callable[[Session, UUID, Seen, str], None], done: str
) -> ResponseReturnValue:
    shown = request.form
    seen = Seen(version=shown.get("version", 0, type=int), name=shown.get("name", ""))
    try:
        with db.session() as session:
            account = place.connected(session)
            here = place.of(session, account.id)
            decide(session, account.id, seen, guard.admin().called)
    except Conflict as error:
        flash(said(error), "warn")
    else:
        flash(done)
    return redirect(here, code=303)
