"""What an admin types about an account, and what it means."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from wtforms import BooleanField, StringField, TextAreaField, ValidationError

from portal.mail.message import address
from portal.web import forms
from portal.web.accounts.form.server import NATIVE, OTHER, ServerForm
from portal.web.language import gettext as _
from portal.workspace.accounts import Account, Letterhead, Server, Way, servers
from portal.workspace.accounts.servers import Authentication, Security

LONGEST_FOOTER = 10_000  # characters


class AccountForm(ServerForm):
    """All fields; an account has those of its way to send."""

    name = StringField(validators=[forms.at_most(100)])
    enabled = BooleanField(default=True)
    is_default = BooleanField()
    senders = TextAreaField()
    large = BooleanField()

    sender = StringField()
    reply_to = StringField()
    return_path = StringField()
    read_confirmation = BooleanField()
    confirmation = StringField()
    force = BooleanField()
    footer = BooleanField()
    footer_text = TextAreaField(validators=[forms.at_most(LONGEST_FOOTER)])
    footer_html = TextAreaField(validators=[forms.at_most(LONGEST_FOOTER)])

    fallback = StringField()  # an account's id; "": none
    seen = StringField()  # the mark of what was looked at

    def validate_name(self, field: StringField) -> None:
        field.data = (field.data or "").strip()
        if not field.data:
            raise ValidationError(_("Please give the account a name."))

    def validate_fallback(self, field: StringField) -> None:
        try:
            field.data = str(UUID(field.data)) if field.data else ""
        except ValueError as error:
            raise ValidationError(_("There is no such account.")) from error

    def validate_sender(self, field: StringField) -> None:
        if self.by_server:
            missing = _("Type an address to send as.")
            field.data = forms.read_address(field.data, missing)

    def validate_senders(self, field: TextAreaField) -> None:
        if self.way.data != Way.APPLICATION:
            return
        try:
            self.given = [
                address.sender(each)
                for each in (field.data or "").replace(",", "\n").splitlines()
                if each.strip()
            ]
        except ValueError as error:
            wrong = _("Each is an address, or a domain such as contoso.example.")
            raise ValidationError(wrong) from error
        if not self.given:
            raise ValidationError(_("Name at least one address or domain."))

    def validate_reply_to(self, field: StringField) -> None:
        field.data = _address(field.data)

    def validate_return_path(self, field: StringField) -> None:
        field.data = _address(field.data) if self.by_server else ""

    def validate_confirmation(self, field: StringField) -> None:
        field.data = _address(field.data)

    @property
    def letterhead(self) -> Letterhead:
        return Letterhead(
            reply_to=self.reply_to.data or "",
            return_path=self.return_path.data or "",
            confirmation=self.confirmation.data or "",
            read_confirmation=bool(self.read_confirmation.data),
            force=bool(self.force.data),
            footer=bool(self.footer.data),
            footer_text=self.footer_text.data or "",
            footer_html=self.footer_html.data or "",
        )


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is in force of an account; its secrets are never shown, nor marked."""

    account: Account
    server: Server | None

    @property
    def mark(self) -> str:
        """Tell one state of what can be typed from another."""
        account = self.account
        typed = (account.name, account.enabled, account.is_default, account.sender)
        more = (account.senders, account.large_attachments, account.fallback_id)
        whole = repr((typed, more, account.letterhead, self.server))
        return sha256(whole.encode()).hexdigest()


def filled(kept: Kept) -> AccountForm:
    """Return a form with what is in force."""
    account, head = kept.account, kept.account.letterhead
    server = kept.server or servers.HERE
    return AccountForm(
        formdata=None,
        name=account.name,
        enabled=account.enabled,
        is_default=account.is_default,
        way=Way.SMTP if account.by_smtp else account.way,
        kind=NATIVE if kept.server and kept.server.native else OTHER,
        host=server.host,
        port=server.port,
        safe=server.security != Security.NONE,
        security=server.security,
        authenticated=server.authentication != Authentication.NONE,
        authentication=server.authentication,
        provider=server.provider,
        username=server.username,
        client_id=server.client_id,
        ignore_certificate=server.ignore_certificate,
        use_connector=server.use_connector,
        connector=str(server.connector_id or ""),
        fallback=str(account.fallback_id or ""),
        senders="\n".join(each.removeprefix("@") for each in account.senders),
        large=account.large_attachments,
        sender=account.sender,
        **vars(head),
    )


def _address(text: str | None) -> str:
    """Read an address that may be left out."""
    return forms.read_address(text, "") if (text or "").strip() else ""
