"""Out by Microsoft Graph: which call carries a message, and with which token.

The own mailbox sends MIME. Another address sends Graph's JSON with `from`, because it
is not sure that Graph minds the From of a MIME message; Microsoft then checks Send As.
"""

from collections.abc import Callable
from dataclasses import dataclass

from portal.delivery.payload import payload_of, size_of
from portal.delivery.transport import (
    Accepted,
    Attempt,
    NotSent,
    Parcel,
    Progress,
    Unknown,
)
from portal.errors import (
    Answer,
    Deferred,
    MicrosoftError,
    NotConnected,
    Scope,
    Withheld,
)
from portal.mail import mime
from portal.mail.message import Address
from portal.microsoft import graph, problems
from portal.workspace import tokens
from portal.workspace.tokens import Token

# Graph refuses a request of more than 4 MB; whether MB or MiB is not documented.
REQUEST_BYTES = 4_000_000
Send = Callable[[str], Answer]  # takes an access token
TOO_LARGE = "It needs large file attachments (Mail.ReadWrite), which are not enabled."


@dataclass(frozen=True)
class Graph:
    """The transport of accounts that are connected to Microsoft 365."""

    url: str

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        token = _token(parcel)
        send, note = self._prepare(parcel, token)
        progress.begin()
        try:
            return Accepted(answer=_spend(token, parcel, send), note=note)
        except graph.TokenRefused:
            tokens.spoil(token)
        renewed = _token(parcel)
        progress.begin()
        try:
            return Accepted(answer=_spend(renewed, parcel, send), note=note)
        except graph.TokenRefused as error:
            raise Withheld(
                str(error), scope=Scope.ACCOUNT, answer=error.answer
            ) from error

    def look_up(self, attempt: Attempt) -> Accepted | NotSent | Unknown:
        """Tell that nobody can: with Mail.Send alone no mailbox can be read."""
        return Unknown(
            reason="The answer was lost, and without Mail.ReadWrite Microsoft cannot"
            " be asked what became of it. Please look into the mailbox's Sent Items,"
            " and send it again if it is not there.",
            final=True,
        )

    def _prepare(self, parcel: Parcel, token: Token) -> tuple[Send, str]:
        if token.connection.owns(parcel.sender):
            whole = _whole_message(parcel)
            return lambda access: graph.send_mime(self.url, access, whole), ""
        # What cannot fit is not built first.
        _check_fits(sum(map(mime.base64_size, parcel.sizes)))
        payload, note = payload_of(parcel)
        _check_fits(size_of(payload))
        return lambda access: graph.send_json(self.url, access, payload), note


def _token(parcel: Parcel) -> Token:
    """Return a token to spend; what is wrong with it hits the whole account.

    It is of the connection that the parcel is pinned to, or none: a reconnection in
    between may have brought another mailbox.
    """
    try:
        token = tokens.current(parcel.account_id)
    except NotConnected as error:
        raise Withheld(str(error), scope=Scope.ACCOUNT) from error
    except MicrosoftError as error:
        said = Answer(code=error.code)
        if error.passing:
            raise Deferred(
                str(error), scope=Scope.MAILBOX, answer=said, after=error.after
            ) from error
        raise Withheld(str(error), scope=Scope.ACCOUNT, answer=said) from error
    if token.connection.id != parcel.connection_id:
        raise Deferred("The account was connected anew meanwhile; it goes again.")
    return token


def _spend(token: Token, parcel: Parcel, send: Send) -> Answer:
    try:
        return send(token.access)
    except Withheld as error:
        error.command = problems.spell(
            error.command,
            sender=parcel.sender,
            username=token.connection.username,
        )
        raise


def _whole_message(parcel: Parcel) -> bytes:
    bcc = [Address(address=address) for address in parcel.bcc]
    size = mime.rendered_size(parcel.skeleton, parcel.sizes, bcc)
    _check_fits(mime.base64_size(size))
    return b"".join(mime.render(parcel.skeleton, parcel.part, bcc=bcc))


def _check_fits(size: int) -> None:
    if size > REQUEST_BYTES:
        raise Withheld(TOO_LARGE)
