"""Forms: how what people type into a field is read."""

from collections.abc import Callable

from wtforms import Field, Form, ValidationError

from portal.mail.message import Address, address
from portal.web.language import gettext as _
from portal.web.language import number

DIGITS = 18  # of a number that any database can hold


def read_address(text: str | None, missing: str) -> str:
    """Return a bare address in canonical form; raise ValidationError."""
    if not (text or "").strip():
        raise ValidationError(missing)
    try:
        return address.checked(Address(address=(text or "").strip())).address
    except ValueError as error:
        raise ValidationError(_("This is not an e-mail address.")) from error


def whole(text: str) -> int | None:
    """Read a number as an address or a field has it; None for anything else."""
    sensible = text.isascii() and text.isdigit() and len(text) <= DIGITS
    return int(text) if sensible else None


def at_most(limit: int) -> Callable[[Form, Field], None]:
    """Return a validator for a text of so many characters or less, and no NUL.

    PostgreSQL keeps no text with one.
    """

    def check(_form: Form, field: Field) -> None:
        if "\0" in (field.data or ""):
            raise ValidationError(_("Please leave out what cannot be shown."))
        if len(field.data or "") > limit:
            said = _("Please write no more than %(limit)s characters.")
            raise ValidationError(said % {"limit": number(limit)})

    return check
