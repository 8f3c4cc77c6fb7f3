"""A message as a server takes it: its bytes, its size, and what MAIL says of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from portal.delivery.smtp import wire
from portal.delivery.transport import Parcel
from portal.explanations.smtp import BEYOND_SIZE, NO_EIGHT_BIT, NO_UTF8
from portal.mail import mime
from portal.mail.mime import leaving
from portal.submission.client import Client


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is handed over."""

    parcel: Parcel = field(repr=False)
    sender: str  # of the envelope; "": nobody
    options: tuple[str, ...]  # of MAIL

    def lines(self) -> Iterator[bytes]:
        """Yield its bytes as they travel, without the dot that ends them."""
        return wire.lines(mime.render(self.parcel.skeleton, self.parcel.part))


def fit(parcel: Parcel, client: Client) -> Letter:
    """Write a message within what a server announces; raise Rejected."""
    _check_addresses((parcel.return_path, *parcel.envelope), client)
    parcel = replace(parcel, skeleton=_fitted(parcel, client))
    size = mime.rendered_size(parcel.skeleton, parcel.sizes)
    _check_size(size, client)
    options = _options(parcel, size, client)
    return Letter(parcel=parcel, sender=_sender(parcel, client), options=options)


def _sender(parcel: Parcel, client: Client) -> str:
    # RFC 5321 section 4.5.5; but a mailbox at Microsoft or Google sends as itself only.
    as_nobody = parcel.notice and client.provider is None
    return "" if as_nobody else parcel.return_path


def _check_addresses(addresses: tuple[str, ...], client: Client) -> None:
    wide = next((each for each in addresses if not each.isascii()), None)
    if wide and not client.has_extn("smtputf8"):
        raise NO_UTF8.error(address=wide)


def _fitted(parcel: Parcel, client: Client) -> bytes:
    """Return it as this server takes it; raise Rejected if it may not be changed so."""
    fitted = leaving.in_short_lines(parcel.skeleton)
    if client.has_extn("8bitmime"):
        return fitted
    in_ascii = leaving.in_ascii(fitted) if leaving.eight_bit(fitted) else fitted
    if in_ascii is None or _wide(parcel):
        raise NO_EIGHT_BIT.error()
    return in_ascii


def _wide(parcel: Parcel) -> bool:
    """Read what leaves as it is; tell whether that holds anything but ASCII."""
    numbers = leaving.closed(parcel.skeleton)
    pieces = (piece for number in numbers for piece in parcel.part(number))
    return any(not piece.isascii() for piece in pieces)


def _check_size(size: int, client: Client) -> None:
    told = client.esmtp_features.get("size", "")
    # RFC 1870 section 3: 0, or no number, is no limit.
    most = int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0
    if most and size > most:
        raise BEYOND_SIZE.error(size=f"{size:,}", most=f"{most:,}")


def _options(parcel: Parcel, size: int, client: Client) -> tuple[str, ...]:
    """Say of a mail what the server asked to be told."""
    wide = not all(each.isascii() for each in (parcel.return_path, *parcel.envelope))
    # What leaves as it is may hold anything.
    any_bits = leaving.eight_bit(parcel.skeleton) or leaving.closed(parcel.skeleton)
    said = {
        "size": f"SIZE={size}",
        "8bitmime": "BODY=8BITMIME" if any_bits else "",
        # A header in UTF-8 goes to a server that does not know it as it came: most
        # take it, and nobody could read it otherwise.
        "smtputf8": "SMTPUTF8"
        if wide or leaving.international(parcel.skeleton)
        else "",
    }
    return tuple(word for name, word in said.items() if word and client.has_extn(name))
