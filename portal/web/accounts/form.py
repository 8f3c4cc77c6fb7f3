"""What an admin types about an account, and what it means."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

from wtforms import (
    BooleanField,
    Form,
    IntegerField,
    PasswordField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import AnyOf

from portal.mail.message import address
from portal.web import forms
from portal.web.language import gettext as _
from portal.workspace.accounts import Account, Letterhead, Server, Way, servers
from portal.workspace.accounts.connectors import Connector
from portal.workspace.accounts.servers import Authentication, Security

OTHER, NATIVE = "smtp", "native"
LONGEST_FOOTER = 10_000  # characters
# What by SMTP a server asks for is typed with it.
WAYS = [Way.SMTP, Way.APPLICATION, Way.CONSENT]
ENCRYPTED = [Security.STARTTLS, Security.TLS]
SIGN_INS = [Authentication.PASSWORD, Authentication.OAUTH, Authentication.CONSENT]
MOST_PORT = 65_535
EXCHANGE_HOST, EXCHANGE_PORT = "smtp.office365.com", 587  # as Microsoft recommends


class AccountForm(Form):
    """All fields; an account has those of its way to send."""

    name = StringField(validators=[forms.at_most(100)])
    enabled = BooleanField(default=True)
    is_default = BooleanField()
    way = StringField(default=Way.SMTP, validators=[AnyOf(WAYS)])

    kind = StringField(default=OTHER, validators=[AnyOf([OTHER, NATIVE])])
    host = StringField(default=EXCHANGE_HOST)
    port = IntegerField(default=EXCHANGE_PORT)
    safe = BooleanField(default=True)
    security = StringField(default=Security.STARTTLS, validators=[AnyOf(ENCRYPTED)])
    authenticated = BooleanField(default=True)
    authentication = StringField(
        default=Authentication.PASSWORD, validators=[AnyOf(SIGN_INS)]
    )
    username = StringField(validators=[forms.at_most(320)])
    password = PasswordField()
    ignore_certificate = BooleanField()
    use_connector = BooleanField()
    connector = StringField()  # its id; "": the default one

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

    connectors: Sequence[Connector] = ()  # those that there are

    def validate_name(self, field: StringField) -> None:
        field.data = (field.data or "").strip()
        if not field.data:
            raise ValidationError(_("Please give the account a name."))

    def validate_host(self, field: StringField) -> None:
        if self.by_server and self.kind.data == OTHER:
            field.data = _host(field.data)

    def validate_port(self, field: IntegerField) -> None:
        field.errors = []
        wanted = self.by_server and self.kind.data == OTHER
        if wanted and not 1 <= (field.data or 0) <= MOST_PORT:
            raise ValidationError(_("A port is a number from 1 to 65535."))

    def validate_connector(self, field: StringField) -> None:
        if field.data and field.data not in {str(each.id) for each in self.connectors}:
            raise ValidationError(_("This connector is not there any more."))

    def validate_fallback(self, field: StringField) -> None:
        try:
            field.data = str(UUID(field.data)) if field.data else ""
        except ValueError as error:
            raise ValidationError(_("There is no such account.")) from error

    def validate_username(self, field: StringField) -> None:
        field.data = (field.data or "").strip()
        if self.signs_in and not field.data:
            raise ValidationError(_("To sign in, a username is needed."))

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
        field.data = _address(field.data)

    def validate_confirmation(self, field: StringField) -> None:
        field.data = _address(field.data)

    @property
    def by_server(self) -> bool:
        return bool(self.way.data == Way.SMTP)

    @property
    def signs_in(self) -> bool:
        """Tell whether the server is told who sends."""
        server = self.by_server and self.kind.data == OTHER
        return bool(server and self.authenticated.data)

    @property
    def by_consent(self) -> bool:
        """Tell whether a user has to sign in before it can send."""
        there = self.signs_in and self.authentication.data == Authentication.CONSENT
        return bool(there or self.way.data == Way.CONSENT)

    def server(self, kept: Server | None) -> Server:
        """Return the server that is meant; without a password the kept one stays."""
        if self.kind.data == NATIVE:
            return servers.HERE
        security = self.safe.data and self.security.data
        sign_in = self.authenticated.data and self.authentication.data
        meant = Server(
            host=self.host.data or "",
            port=self.port.data or 0,
            security=Security(security or Security.NONE),
            authentication=Authentication(sign_in or Authentication.NONE),
            username=self.username.data or "" if self.signs_in else "",
            ignore_certificate=bool(self.ignore_certificate.data and self.safe.data),
            use_connector=bool(self.use_connector.data),
            connector_id=UUID(self.connector.data) if self.connector.data else None,
        )
        if meant.authentication != Authentication.PASSWORD:
            return meant
        # What is kept is told to nobody else than whom it was meant for.
        same = kept is not None and servers.trusted_like(meant, kept)
        typed = self.password.data or (kept.password if kept and same else "")
        return replace(meant, password=typed)

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
    """What is in force of an account; its password is never shown."""

    account: Account
    server: Server | None

    @property
    def mark(self) -> str:
        """Tell one state of what can be typed from another."""
        account = self.account
        server = self.server and replace(self.server, password="")
        typed = (account.name, account.enabled, account.is_default, account.sender)
        more = (account.senders, account.large_attachments, account.fallback_id)
        whole = repr((typed, more, account.letterhead, server))
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
        username=server.username,
        ignore_certificate=server.ignore_certificate,
        use_connector=server.use_connector,
        connector=str(server.connector_id or ""),
        fallback=str(account.fallback_id or ""),
        senders="\n".join(each.removeprefix("@") for each in account.senders),
        large=account.large_attachments,
        sender=account.sender,
        **vars(head),
    )


def _host(text: str | None) -> str:
    try:
        return servers.host(text or "")
    except ValueError as error:
        raise ValidationError(_("This is no name of a server.")) from error


def _address(text: str | None) -> str:
    """Read an address that may be left out."""
    return forms.read_address(text, "") if (text or "").strip() else ""
