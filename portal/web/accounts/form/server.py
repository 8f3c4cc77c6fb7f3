"""What an admin types about the server of an account, and how it signs in there."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from wtforms import (
    BooleanField,
    Form,
    IntegerField,
    PasswordField,
    StringField,
    ValidationError,
)
from wtforms.validators import AnyOf

from portal.web import forms
from portal.web.language import gettext as _
from portal.workspace.accounts import Server, Way, servers
from portal.workspace.accounts.connectors import Connector
from portal.workspace.accounts.servers import Authentication, Provider, Security

OTHER, NATIVE = "smtp", "native"
# What by SMTP a server asks for is typed with it.
WAYS = [Way.SMTP, Way.APPLICATION, Way.CONSENT]
ENCRYPTED = [Security.STARTTLS, Security.TLS]
SIGN_INS = [Authentication.PASSWORD, Authentication.OAUTH, Authentication.CONSENT]
MOST_PORT = 65_535
# As each provider recommends it, and 587 both of them.
HOSTS = {Provider.MICROSOFT: "smtp.office365.com", Provider.GOOGLE: servers.GMAIL[0]}


class ServerForm(Form):
    """The way to send, and what a server needs to know of us."""

    way = StringField(default=Way.SMTP, validators=[AnyOf(WAYS)])

    kind = StringField(default=OTHER, validators=[AnyOf([OTHER, NATIVE])])
    host = StringField(default=HOSTS[Provider.MICROSOFT])
    port = IntegerField(default=servers.PORTS[Security.STARTTLS])
    safe = BooleanField(default=True)
    security = StringField(default=Security.STARTTLS, validators=[AnyOf(ENCRYPTED)])
    authenticated = BooleanField(default=True)
    authentication = StringField(
        default=Authentication.PASSWORD, validators=[AnyOf(SIGN_INS)]
    )
    provider = StringField(default=Provider.MICROSOFT, validators=[AnyOf([*Provider])])
    username = StringField(validators=[forms.at_most(320)])
    password = PasswordField()
    client_id = StringField(validators=[forms.at_most(320)])  # at Google
    client_secret = PasswordField()
    ignore_certificate = BooleanField()
    use_connector = BooleanField()
    connector = StringField()  # its id; "": the default one

    connectors: Sequence[Connector] = ()  # those that there are

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

    def validate_username(self, field: StringField) -> None:
        field.data = (field.data or "").strip()
        if self.signs_in and not field.data:
            raise ValidationError(_("To sign in, a username is needed."))

    def validate_client_id(self, field: StringField) -> None:
        field.data = (field.data or "").strip()
        if self.by_google and not field.data:
            raise ValidationError(_("Copy it from the Google Cloud console."))

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

    @property
    def by_google(self) -> bool:
        """Tell whether that user signs in at Google."""
        chosen = self.provider.data == Provider.GOOGLE
        return self.by_server and self.by_consent and chosen

    def server(self, kept: Server | None) -> Server:
        """Return the server that is meant; a secret that is left out stays."""
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
        if self.by_google:
            return self._as_client(meant, kept)
        if meant.authentication == Authentication.PASSWORD:
            return self._by_password(meant, kept)
        return meant

    def _as_client(self, meant: Server, kept: Server | None) -> Server:
        client_id = self.client_id.data or ""
        same = kept is not None and kept.client_id == client_id
        typed = (self.client_secret.data or "").strip()
        return replace(
            meant,
            provider=Provider.GOOGLE,
            client_id=client_id,
            client_secret=typed or (kept.client_secret if kept and same else ""),
        )

    def _by_password(self, meant: Server, kept: Server | None) -> Server:
        # What is kept is told to nobody else than whom it was meant for.
        same = kept is not None and servers.trusted_like(meant, kept)
        typed = self.password.data or (kept.password if kept and same else "")
        return replace(meant, password=typed)


def _host(text: str | None) -> str:
    try:
        return servers.host(text or "")
    except ValueError as error:
        raise ValidationError(_("This is no name of a server.")) from error
