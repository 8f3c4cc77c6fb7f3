"""Forms: how what people type into a field is read."""

from wtforms import ValidationError

from portal.mail.message import Address, address
from portal.web.language import gettext as _


def read_address(text: str | None, missing: str) -> str:
    """Return a bare address in canonical form; raise ValidationError."""
    if not (text or "").strip():
        raise ValidationError(missing)
    try:
        return address.checked(Address(address=(text or "").strip())).address
    except ValueError as error:
        raise ValidationError(_("This is not an e-mail address.")) from error
