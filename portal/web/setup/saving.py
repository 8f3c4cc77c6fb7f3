"""App registration: by whoever holds a one-time link, or by an admin signed in here."""

from datetime import datetime

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from wtforms import Field

from portal import db, vault
from portal.errors import CannotDecrypt, IssuerError, NotFound, Refused
from portal.issuer.refusals import CredentialRefused, LoginRefused
from portal.microsoft.login import Registration
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import cookies, guard
from portal.web.setup import page
from portal.web.setup.form import SetupForm
from portal.workspace import audit, registration
from portal.workspace.people import setup_links
from portal.workspace.registration import credentials

bp = Blueprint("setup", __name__)

LINK_SECONDS = int(setup_links.LIFE.total_seconds())
BY_LINK = "setup link"  # stands in the audit for whoever held it
UNKNOWN_APPLICATION = 700016  # AADSTS
ENDED = "consent/link-ended.html"


@bp.before_request
def check() -> ResponseReturnValue | None:
    """Let in admins, and whoever brought a link that still serves."""
    if not vault.unlocked():
        raise CannotDecrypt
    if request.endpoint == "setup.enter" or guard.signed_in() or _link_serves():
        return None
    return redirect(url_for("sign_in.index", next="/setup"), code=303)


@bp.get("/setup/<link>")
def enter(link: str) -> ResponseReturnValue:
    """Let the browser keep a link, so that no address holds its secret."""
    try:
        with db.reading() as session:
            setup_links.check(session, link)
    except NotFound:
        return render_template(ENDED, setup=True), 404
    response = make_response(redirect("/setup", code=303))
    cookies.give(response, "setup", link, LINK_SECONDS)
    return response


@bp.get("/setup")
def index() -> str:
    """Show what is registered; its credential is never shown."""
    return page.show()


@bp.post("/setup")
def save() -> ResponseReturnValue:
    """Register the application once its credential is proven."""
    form = SetupForm(request.form)
    if registration.from_environment():
        form.form_errors.append(_("The environment of this machine names it."))
        return page.show(form), 409
    if not form.validate():
        return page.show(form), 422
    if form.ends_at and form.dates_only:
        return _date(form, form.ends_at)
    return _register(form)


@bp.post("/setup/former-credential/removal")
def remove() -> ResponseReturnValue:
    """Let the former credential serve no longer."""
    with db.session() as session:
        credentials.remove_former(session)
        audit.note(session, _by(), "removed former credential", "registration")
    flash(_("The former credential serves no longer."))
    return redirect("/setup", code=303)


def _date(form: SetupForm, ends_at: datetime) -> ResponseReturnValue:
    """Write down when the secret in use ends."""
    try:
        with db.session() as session:
            credentials.date(session, ends_at)
            audit.note(session, _by(), "dated client secret", f"{ends_at:%Y-%m-%d}")
    except Refused as error:
        form.form_errors.append(said(error))
        return page.show(form), 409
    flash(_("Changes have been saved!"))
    return redirect("/setup", code=303)


def _register(form: SetupForm) -> ResponseReturnValue:
    try:
        proven = registration.prove(form.application)
    except IssuerError as error:
        _blame(form, error)
        return page.show(form, error.answer), 422
    try:
        _keep(proven, form)
    except Refused as error:
        form.form_errors.append(said(error))
        return page.show(form), 409
    # Whoever was signed in with another application has to sign in with this one.
    response = make_response(redirect("/settings", code=303))
    cookies.take(response, "setup")
    return response


def _blame(form: SetupForm, error: IssuerError) -> None:
    """Say what is wrong with what was typed, if that is what is wrong."""
    if isinstance(error, LoginRefused):
        _blamed(form, error).errors = [said(error)]
    else:
        nothing = _("Nothing was kept. Please try again in a moment.")
        form.form_errors.append(f"{said(error)} {nothing}")


def _blamed(form: SetupForm, error: LoginRefused) -> Field:
    """Find the field that an answer of Microsoft's speaks of."""
    if isinstance(error, CredentialRefused):
        typed: Field = form.certificate if form.certificate.data else form.secret
        return typed
    unknown = error.number == UNKNOWN_APPLICATION
    blamed: Field = form.client_id if unknown else form.tenant
    return blamed


def _keep(proven: Registration, form: SetupForm) -> None:
    with db.session() as session:
        ended = registration.register(
            session,
            proven,
            admin=form.admin.data,
            replace=True,
            ends_at=form.ends_at,
        )
        # After it: whoever makes a link locks in this order too.
        if guard.signed_in() is None:
            setup_links.use(session, cookies.read("setup"))
        setup_links.end(session)
        audit.note(session, _by(), "registered application", proven.client_id)
    flash(_("Changes have been saved!"))
    if ended:
        flash(_("The mailbox has to be connected again; its mail is held."), "warn")


def _by() -> str:
    person = guard.signed_in()
    return person.called if person else BY_LINK


def _link_serves() -> bool:
    link = cookies.read("setup")
    if not link:
        return False
    try:
        with db.reading() as session:
            setup_links.check(session, link)
    except NotFound:
        return False
    return True
