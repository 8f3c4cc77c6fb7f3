"""App registration: by whoever holds a one-time link, or by an admin signed in here."""

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
from wtforms import Field, Form, StringField, ValidationError

from portal import config, db, vault
from portal.errors import CannotDecrypt, NotFound, Refused
from portal.issuer.refusals import CredentialRefused, LoginRefused, Unreachable
from portal.microsoft.login import Registration
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import cookies, guard
from portal.workspace import accounts, audit, connections, registration
from portal.workspace.consent import approval, changes
from portal.workspace.consent.changes import Change, Stage
from portal.workspace.people import roles, setup_links

bp = Blueprint("setup", __name__)

LINK_SECONDS = int(setup_links.LIFE.total_seconds())
BY_LINK = "setup link"  # stands in the audit for whoever held it
UNKNOWN_APPLICATION = 700016  # AADSTS
ENDED = "consent/link-ended.html"


class SetupForm(Form):
    """The application as Entra shows it, and its credential."""

    tenant = StringField()
    client_id = StringField()
    secret = StringField()
    certificate = StringField()
    admin = StringField()

    def validate_tenant(self, field: StringField) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("Please give the Directory (Tenant) ID."))

    def validate_client_id(self, field: StringField) -> None:
        if not registration.is_guid((field.data or "").strip()):
            raise ValidationError(
                _("This is no ID: it has 32 digits and letters in five groups.")
            )

    def validate_secret(self, field: StringField) -> None:
        secret = (field.data or "").strip()
        certificate = (self.certificate.data or "").strip()
        try:
            registration.check_secret(secret)
        except Refused as error:
            raise ValidationError(said(error)) from error
        if bool(secret) == bool(certificate):
            raise ValidationError(_("Please give either a secret or a certificate."))

    def validate_admin(self, field: StringField) -> None:
        missing = _("Please name who may open these pages first.")
        field.data = forms.read_address(field.data, missing) if _needs_admin() else None


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
    with db.reading() as session:
        chosen = registration.current(session)
    return _page(
        SetupForm(
            formdata=None,
            tenant=chosen.tenant if chosen else "",
            client_id=chosen.client_id if chosen else "",
        )
    )


@bp.post("/setup")
def save() -> ResponseReturnValue:
    """Register the application once its credential is proven."""
    form = SetupForm(request.form)
    if registration.from_environment():
        form.form_errors.append(_("The environment of this machine names it."))
        return _page(form), 409
    proven = _proven(form) if form.validate() else None
    if proven is None:
        return _page(form), 422
    try:
        _keep(proven, form.admin.data)
    except Refused as error:
        form.form_errors.append(said(error))
        return _page(form), 409
    # Whoever was signed in with another application has to sign in with this one.
    response = make_response(redirect("/settings", code=303))
    cookies.take(response, "setup")
    return response


def _proven(form: SetupForm) -> Registration | None:
    """Ask Microsoft whether the credential serves; else say what is wrong with it."""
    certificate = (form.certificate.data or "").strip()
    chosen = registration.application(
        tenant=form.tenant.data or "",
        client_id=form.client_id.data or "",
        secret=None if certificate else form.secret.data,
        certificate=certificate or None,
    )
    try:
        return registration.prove(chosen)
    except Unreachable as error:
        nothing = _("Nothing was kept. Please try again in a moment.")
        form.form_errors.append(f"{said(error)} {nothing}")
    except LoginRefused as error:
        _blamed(form, error).errors = [said(error)]
    return None


def _blamed(form: SetupForm, error: LoginRefused) -> Field:
    """Find the field that an answer of Microsoft's speaks of."""
    if isinstance(error, CredentialRefused):
        typed: Field = form.certificate if form.certificate.data else form.secret
        return typed
    unknown = error.number == UNKNOWN_APPLICATION
    blamed: Field = form.client_id if unknown else form.tenant
    return blamed


def _keep(proven: Registration, admin: str | None) -> None:
    person = guard.signed_in()
    by = person.called if person else BY_LINK
    with db.session() as session:
        ended = registration.register(session, proven, admin=admin, replace=True)
        # After it: whoever makes a link locks in this order too.
        if person is None:
            setup_links.use(session, cookies.read("setup"))
        setup_links.end(session)
        audit.note(session, by, "registered application", proven.client_id)
    flash(_("Changes have been saved!"))
    if ended:
        flash(_("The mailbox has to be connected again; its mail is held."), "warn")


def _page(form: SetupForm) -> str:
    with db.reading() as session:
        chosen = registration.current(session)
        account = accounts.workspace(session)
        connection = connections.find(session, account.id)
        link = approval.link(session)
        change = changes.pending(session, account.id)
    base = config.current().base_url
    return render_template(
        "setup/index.html",
        form=form,
        redirect_uri=config.current().redirect_uri,
        from_environment=registration.from_environment(),
        registered=chosen is not None,
        connected=connection is not None,
        needs_admin=_needs_admin(),
        waits=change is not None and change.stage == Stage.WAITING,
        approval_link=f"{base}/approve/{link}" if link else "",
        connection_link=_connection_link(change),
    )


def _connection_link(change: Change | None) -> str:
    """Return where the mailbox's user signs in; a link alone makes nobody an admin."""
    if change is None or guard.signed_in() is None:
        return ""
    return f"{config.current().base_url}/connect/{change.link}"


def _needs_admin() -> bool:
    if registration.from_environment():
        return False
    with db.reading() as session:
        return not roles.admins(session)


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
