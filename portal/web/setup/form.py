"""The form of the app registration."""

from datetime import date, datetime

from wtforms import Form, StringField, ValidationError

from portal import db
from portal.errors import Refused
from portal.microsoft.login import Registration
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.language import said
from portal.web.session import guard
from portal.workspace import registration
from portal.workspace.people import roles
from portal.workspace.registration import credentials


class SetupForm(Form):
    """The application as Entra shows it, its credential, and when that ends."""

    tenant = StringField()
    client_id = StringField()
    secret = StringField()
    ends_on = StringField()
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
        try:
            registration.check_secret(secret)
        except Refused as error:
            raise ValidationError(said(error)) from error
        one_of_both = bool(secret) != bool(self.pem)
        if not one_of_both and not self.dates_only:
            raise ValidationError(_("Please give either a secret or a certificate."))

    def validate_ends_on(self, field: StringField) -> None:
        try:
            dated = self.ends_at is not None
        except ValueError as error:
            raise ValidationError(_("A day looks like 2027-03-01.")) from error
        if dated and self.pem:
            raise ValidationError(_("A certificate tells by itself when it ends."))

    def validate_admin(self, field: StringField) -> None:
        asked = asks_for_admin() and (field.data or not _registered())
        missing = _("Please name who may open these pages first.")
        field.data = forms.read_address(field.data, missing) if asked else None

    @property
    def pem(self) -> str:
        return (self.certificate.data or "").strip()

    @property
    def ends_at(self) -> datetime | None:
        """Return when the secret ends, if that was said; raise ValueError."""
        day = (self.ends_on.data or "").strip()
        return credentials.start_of(date.fromisoformat(day)) if day else None

    @property
    def application(self) -> Registration:
        """Return what was typed, proven by nobody yet."""
        return registration.application(
            tenant=self.tenant.data or "",
            client_id=self.client_id.data or "",
            secret=None if self.pem else self.secret.data,
            certificate=self.pem or None,
        )

    @property
    def dates_only(self) -> bool:
        """Tell whether all that is new is when the secret in use ends."""
        if self.pem or (self.secret.data or "").strip() or not self.ends_on.data:
            return False
        with db.reading() as session:
            known = registration.current(session)
        return known is not None and known.origin == self.application.origin


def asks_for_admin() -> bool:
    """Tell whether nobody is named, and nobody has come by the role either."""
    if registration.from_environment() or guard.signed_in():
        return False
    with db.reading() as session:
        return not roles.admins(session)


def _registered() -> bool:
    with db.reading() as session:
        return registration.current(session) is not None
