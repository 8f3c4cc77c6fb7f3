"""A mail without some of its attachments, which then travel beside it."""

from collections.abc import Collection, Iterator

from portal.mail.mime.edit import MARK, Edit, apply, head, marked
from portal.mail.mime.tree import KNOWN, Part, scan

_HOLDERS = {"multipart/mixed", "multipart/related"}
_SHAPES = {*_HOLDERS, "multipart/alternative"}  # they mean nothing but a place
_EMPTY = b"Content-Type: text/plain; charset=us-ascii\r\n"


def movable(skeleton: bytes) -> tuple[int, ...]:
    """Return the numbers of the attachments that mean the same beside the mail.

    Not so what is signed or encrypted, a part of a report, or one of alternatives, nor
    what is encoded in a way that nobody here can undo.
    """
    root = scan(skeleton)
    if root.children:
        return tuple(_movable(root))
    return (marked(root),) if _free(root) else ()


def without(skeleton: bytes, numbers: Collection[int]) -> bytes:
    """Return the skeleton without these attachments; all others keep their number."""
    root = scan(skeleton)
    if _gone(root, numbers):
        return apply(skeleton, [_emptied(skeleton, root)])
    return apply(skeleton, _cuts(skeleton, root, numbers))


def _movable(part: Part) -> Iterator[int]:
    if part.type not in _SHAPES:
        return
    for child in part.children:
        if child.children:
            yield from _movable(child)
        elif _free(child) and part.type in _HOLDERS:
            yield marked(child)


def _free(part: Part) -> bool:
    return bool(marked(part)) and not part.sealed and part.encoding in KNOWN


def _gone(part: Part, numbers: Collection[int]) -> bool:
    """Tell whether nothing is left of a part."""
    if part.children:
        return all(_gone(child, numbers) for child in part.children)
    return marked(part) in numbers


def _emptied(skeleton: bytes, root: Part) -> Edit:
    about = {field.name for field in root.fields if field.name.startswith("content-")}
    edit = head(skeleton, root, drop=about | {MARK}, add=_EMPTY)
    return Edit(start=edit.start, end=root.end, new=edit.new)


def _cuts(skeleton: bytes, part: Part, numbers: Collection[int]) -> Iterator[Edit]:
    at = part.body  # where what is before the next part ends
    for child in part.children:
        if _gone(child, numbers):
            yield Edit(start=at, end=child.end)
        else:
            yield from _cuts(skeleton, child, numbers)
        at = child.end
