"""The forms of an API key: its name, and what it may do; empty means no limit."""

import re
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from wtforms import Field, Form, SelectMultipleField, StringField, ValidationError
from wtforms.fields import TextAreaField

from portal import config
from portal.mail.message import address
from portal.web.language import gettext as _
from portal.web.language import language, number
from portal.web.messages import measures
from portal.workspace.accounts import Account
from portal.workspace.people.limits import MOST_PER_MINUTE, Limits

MEGABYTE = 1_000_000  # bytes, as mailboxes count
BETWEEN = re.compile(r"[\s,;]+")
DECIMAL = re.compile(r"[\d.,\s]+", re.ASCII)  # `parse_decimal` knows infinity too
LONGEST_SHOWN = 80  # characters of what is no address


class LimitsForm(Form):
    """What a key may do, as people write it."""

    accounts = SelectMultipleField(validate_choice=False)  # its words are English only
    senders = TextAreaField()
    per_minute = StringField()
    max_size = StringField()  # MB
    offered: dict[str, str]  # accounts: their names by their ids

    def offer(self, known: Sequence[Account], now: Limits) -> None:
        """Let one choose among all accounts.

        One that is gone stays until it is taken away: without it the key could use any.
        """
        self.offered = {str(each.id): each.name for each in known}
        for each in now.accounts:
            self.offered.setdefault(str(each), _("an account that is gone"))

    def limits(self) -> Limits:
        """Return what was typed, once it is valid."""
        return Limits(
            accounts=tuple(map(UUID, self.accounts.data or ())),
            senders=_read_senders(self.senders.data or ""),
            per_minute=_read_count(self.per_minute.data or ""),
            max_size=_read_size(self.max_size.data or ""),
        )

    def validate_accounts(self, field: Field) -> None:
        if not set(field.data or ()) <= self.offered.keys():
            raise ValidationError(_("This account is not there any more."))

    def validate_senders(self, field: Field) -> None:
        _read_senders(field.data or "")

    def validate_per_minute(self, field: Field) -> None:
        _read_count(field.data or "")

    def validate_max_size(self, field: Field) -> None:
        _read_size(field.data or "")


class KeyForm(LimitsForm):
    """A key that is to be made."""

    name = StringField()

    def validate_name(self, field: Field) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("Please name the application that will use it."))


def filled(limits: Limits) -> LimitsForm:
    """Return a form that shows limits as one would type them."""
    return LimitsForm(
        formdata=None,
        accounts=[str(each) for each in limits.accounts],
        senders="\n".join(limits.senders),
        per_minute=str(limits.per_minute or ""),
        max_size=_megabytes(limits.max_size) if limits.max_size else "",
    )


def _read_senders(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_sender, filter(None, BETWEEN.split(text)))))


def _sender(text: str) -> str:
    try:
        return address.sender(text)
    except ValueError as error:
        said = _("“%(text)s” is neither an address nor a domain.")
        raise ValidationError(said % {"text": text[:LONGEST_SHOWN]}) from error


def _read_count(text: str) -> int | None:
    if not text.strip():
        return None
    count = _decimal(text)
    if count is None or not 1 <= count <= MOST_PER_MINUTE or count % 1:
        said = _("Type a whole number from 1 to %(most)s, or leave it empty.")
        raise ValidationError(said % {"most": number(MOST_PER_MINUTE)})
    return int(count)


def _read_size(text: str) -> int | None:
    if not text.strip():
        return None
    most, size = config.current().max_message, _decimal(text)
    if size is None or not 1 <= size * MEGABYTE <= most:
        said = _(
            "Type a number of MB, or leave it empty; the portal takes %(most)s at most."
        )
        raise ValidationError(said % {"most": measures.size(most)})
    return int(size * MEGABYTE)


def _decimal(text: str) -> Decimal | None:
    """Read a number as the language of the page writes it; None if it is none."""
    if not DECIMAL.fullmatch(text):
        return None
    try:
        return parse_decimal(text.strip(), locale=language(), strict=True)
    except NumberFormatError:
        return None


def _megabytes(size: int) -> str:
    exact = Decimal(size) / MEGABYTE
    return format_decimal(exact, "#,##0.######", locale=language())
