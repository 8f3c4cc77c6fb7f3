"""A message as it is written for Graph: one MIME message, perhaps with files beside."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from portal.delivery.graph.payload import shown_ids
from portal.delivery.transport import Parcel
from portal.errors import Withheld
from portal.mail import mime
from portal.mail.message import Address
from portal.mail.mime import Leaf
from portal.microsoft.attachments import File

# Graph refuses a request of more than 4 MB; whether MB or MiB is not documented.
REQUEST_BYTES = 4_000_000
UNDIVIDED = (
    "Microsoft Graph takes no more than 4 MB at once, and too little of this message"
    " can go beside it as a file: it is signed or encrypted, or its text is too long."
    " It needs an SMTP account."
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """A MIME message, and the files that become a draft together with it."""

    whole: bytes = field(repr=False)
    files: Mapping[int, File]  # that go beside it, by number


def size_of_whole(parcel: Parcel) -> int:
    """Return how many bytes a message is in one request, as MIME in base64."""
    return _size(parcel)


def write(parcel: Parcel, most: int = REQUEST_BYTES) -> Written:
    """Write a message so that its MIME takes no more than `most` bytes in a request.

    Its largest files go beside it, as few as that needs. Raises Withheld if what must
    stay together is larger.
    """
    leaves = {each.number: each for each in mime.outline(parcel.skeleton).attachments}
    beside = _namesakes(_chosen(parcel, most), leaves, parcel)
    skeleton = mime.without(parcel.skeleton, beside) if beside else parcel.skeleton
    whole = b"".join(mime.render(skeleton, parcel.part, bcc=_bcc(parcel)))
    shown = shown_ids(mime.outline(skeleton))
    return Written(
        whole=whole,
        files={each: _file(parcel, leaves[each], shown) for each in sorted(beside)},
    )


def content(parcel: Parcel, number: int) -> Iterable[bytes]:
    """Return a file as whoever attached it had it, in pieces."""
    leaves = mime.outline(parcel.skeleton).attachments
    [encoding] = [each.encoding for each in leaves if each.number == number]
    return mime.unpacked(parcel.part(number), encoding)


def _chosen(parcel: Parcel, most: int) -> set[int]:
    """Choose what goes beside: the largest, until the rest fits; raises Withheld."""
    movable = sorted(mime.movable(parcel.skeleton), key=lambda n: -parcel.sizes[n - 1])
    counts = range(len(movable) + 1)
    enough = bisect_left(
        counts, True, key=lambda count: _size(parcel, movable[:count]) <= most
    )
    if enough not in counts:
        raise Withheld(UNDIVIDED)
    return set(movable[:enough])


def _namesakes(
    chosen: set[int], leaves: Mapping[int, Leaf], parcel: Parcel
) -> set[int]:
    """Add what bears the same names: so a draft's files can be told by theirs."""
    names = {leaves[number].name for number in chosen}
    movable = mime.movable(parcel.skeleton) if chosen else ()
    return chosen | {number for number in movable if leaves[number].name in names}


def _size(parcel: Parcel, beside: Collection[int] = ()) -> int:
    """Return how many bytes it is in a request when the files beside it are gone."""
    sizes = [0 if n in beside else size for n, size in enumerate(parcel.sizes, start=1)]
    size = mime.rendered_size(parcel.skeleton, sizes, _bcc(parcel))
    return mime.base64_size(size)


def _file(parcel: Parcel, leaf: Leaf, shown: set[str]) -> File:
    size = parcel.sizes[leaf.number - 1] if leaf.size is None else leaf.size
    inline = leaf.content_id in shown
    return File(
        name=leaf.name,
        content_type=leaf.content_type,
        size=size,
        content_id=leaf.content_id if inline else "",
    )


def _bcc(parcel: Parcel) -> list[Address]:
    return [Address(address=each) for each in parcel.bcc]
