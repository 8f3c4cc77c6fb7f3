"""A message as it is written for Graph: one MIME message, perhaps with files beside."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from portal.delivery.graph.payload import shown
from portal.delivery.transport import Parcel
from portal.explanations.own import UNDIVIDED
from portal.mail import mime
from portal.mail.message import Address
from portal.mail.mime import Leaf
from portal.microsoft.attachments import File

# Graph refuses a request of more than 4 MB; whether MB or MiB is not documented.
REQUEST_BYTES = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Written:
    """How a message is divided: what its MIME brings, and which files go beside."""

    skeleton: bytes = field(repr=False)
    files: Mapping[int, File]  # that go beside it, by number
    encodings: Mapping[int, str]  # of what is kept of them


def divide(parcel: Parcel, most: int = REQUEST_BYTES) -> Written:
    """Divide a message so that its MIME takes no more than `most` bytes in a request.

    Its largest files go beside it, as few as that needs. Raises Withheld if what must
    stay together is larger.
    """
    leaves = {each.number: each for each in mime.outline(parcel.skeleton).attachments}
    movable = [n for n in mime.movable(parcel.skeleton) if file_size(parcel, leaves[n])]
    movable.sort(key=lambda number: -parcel.sizes[number - 1])
    counts = range(len(movable) + 1)
    enough = bisect_left(
        counts, True, key=lambda count: size(parcel, movable[:count]) <= most
    )
    if enough not in counts:
        raise UNDIVIDED.error()
    return divided(parcel, movable[:enough])


def divided(parcel: Parcel, beside: Collection[int]) -> Written:
    """Divide a message so that these files go beside it."""
    skeleton = mime.without(parcel.skeleton, beside) if beside else parcel.skeleton
    mail = mime.outline(parcel.skeleton)
    leaves = {each.number: each for each in mail.attachments if each.number in beside}
    inline = shown(mail)
    return Written(
        skeleton=skeleton,
        files={
            number: _file(parcel, leaf, inline=number in inline)
            for number, leaf in sorted(leaves.items())
        },
        encodings={each: leaf.encoding for each, leaf in leaves.items()},
    )


def whole(parcel: Parcel, message: Written) -> bytes:
    """Write the MIME message, without the files that go beside it."""
    pieces = mime.render(message.skeleton, parcel.part, bcc=_bcc(parcel))
    return b"".join(pieces)


def content(parcel: Parcel, message: Written, number: int) -> Iterable[bytes]:
    """Return a file as whoever attached it had it, in pieces."""
    return mime.unpacked(parcel.part(number), message.encodings[number])


def size(parcel: Parcel, beside: Collection[int] = ()) -> int:
    """Return how many bytes a message is in a request, without the files beside it."""
    sizes = [0 if n in beside else each for n, each in enumerate(parcel.sizes, start=1)]
    return mime.base64_size(mime.rendered_size(parcel.skeleton, sizes, _bcc(parcel)))


def _file(parcel: Parcel, leaf: Leaf, *, inline: bool) -> File:
    return File(
        name=leaf.name,
        content_type=leaf.content_type,
        size=file_size(parcel, leaf),
        content_id=leaf.content_id if inline else "",
    )


def file_size(parcel: Parcel, leaf: Leaf) -> int:
    """Return how many bytes a file has for whoever opens it."""
    return parcel.sizes[leaf.number - 1] if leaf.size is None else leaf.size


def _bcc(parcel: Parcel) -> list[Address]:
    return [Address(address=each) for each in parcel.bcc]
