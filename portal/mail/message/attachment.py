"""An attachment: bytes, a file or an open file, with the name people see.

A path comes from Python code only. What arrives as JSON becomes a `File`, whose content
is always base64 data, so nobody outside can name a file of this machine.
"""

import io
import mimetypes
import re
from binascii import a2b_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from os import SEEK_END, PathLike
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from portal.errors import InvalidMessage
from portal.mail.message.line import NOT_IN_LINE, Pattern, one_line
from portal.mail.message.problems import problems

Content = bytes | bytearray | memoryview | str | PathLike[str] | BinaryIO

CHUNK = 256 * 1024  # bytes
_TYPE_NAME = "[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"  # RFC 6838 section 4.2
_TYPE = re.compile(f"(?!multipart/){_TYPE_NAME}/{_TYPE_NAME}", re.ASCII | re.IGNORECASE)
_CONTENT_ID = "[!-;=?-~]{1,200}"
_UNKNOWN = "application/octet-stream"
# The same for the description, where a pattern says by itself how letters are written.
_IN_NAME = rf"[^/\\{NOT_IN_LINE}]"
_NAME_PATTERN = Pattern(rf"^(?!\.{{1,2}}$){_IN_NAME}*[^\s/\\{NOT_IN_LINE}]{_IN_NAME}*$")
_IN_TYPE = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_TYPE_PATTERN = Pattern(
    f"^(?![Mm][Uu][Ll][Tt][Ii][Pp][Aa][Rr][Tt]/){_IN_TYPE}/{_IN_TYPE}$"
)
_CONTENT_ID_PATTERN = Pattern(f"^(<{_CONTENT_ID}>|{_CONTENT_ID})$")
_ENCODED = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"  # RFC 4648


def _file_name(name: str) -> str:
    if "/" in name or "\\" in name or name in {".", ".."}:
        raise ValueError("must be a file name without a folder")
    if not name.strip():
        raise ValueError("must not be empty")
    return one_line(name).strip()


def _media_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise ValueError("must look like type/subtype, and not be multipart")
    return text.lower()


def _content_id(text: str) -> str:
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if not re.fullmatch(_CONTENT_ID, bare):
        raise ValueError("must be 1 to 200 ASCII characters without space, < or >")
    return bare


def _base64(text: object) -> bytes:
    if not isinstance(text, str):
        raise ValueError("must be base64 text")
    try:
        content = a2b_base64(text, strict_mode=True)
    except ValueError:
        raise ValueError("is not standard base64") from None
    # Python takes more padding than belongs there.
    if len(text) != (len(content) + 2) // 3 * 4:
        raise ValueError("is not standard base64")
    return content


class Label(BaseModel):
    """What is written on an attachment."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[
        str,
        StringConstraints(min_length=1, max_length=255),
        AfterValidator(_file_name),
        _NAME_PATTERN,
        Field(description="File name the recipient sees, without a folder."),
    ]
    content_type: Annotated[
        str,
        AfterValidator(_media_type),
        _TYPE_PATTERN,
        Field(description="Media type of the file, like application/pdf."),
    ] = _UNKNOWN
    content_id: Annotated[
        Annotated[str, AfterValidator(_content_id), _CONTENT_ID_PATTERN] | None,
        Field(description="Name by which the HTML shows this file inline (cid:name)."),
    ] = None


class File(Label):
    """A file to send along."""

    model_config = ConfigDict(title="Attachment")

    content: Annotated[
        bytes,
        BeforeValidator(_base64),
        WithJsonSchema(
            {"type": "string", "contentEncoding": "base64", "pattern": _ENCODED}
        ),
        Field(description="The file itself, in standard base64 with padding."),
    ]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The content of a file that a door has stored already."""

    size: int  # bytes
    digest: str  # SHA-256


Source = bytes | Path | BinaryIO | Kept


@dataclass(frozen=True, init=False)
class Attachment:
    """A file to send along: bytes, a path, or a file opened in binary mode.

    The name defaults to the file's, the type is guessed from the name. With a
    `content_id` the file is shown inside the HTML. A file is read when the message is
    accepted, in pieces; it must stay in place, and open, until then.
    """

    name: str
    content_type: str
    content_id: str | None
    size: int  # bytes, as found when the attachment was made
    _source: Source = field(repr=False)
    _start: int = field(repr=False)  # where in an open file the content begins

    def __init__(
        self,
        content: Content,
        name: str | None = None,
        content_type: str | None = None,
        content_id: str | None = None,
    ) -> None:
        source = _source(content)
        start, size = _extent(source)
        name = _default_name(source) if name is None else name
        fields = {
            "name": name,
            "content_type": _guess(name) if content_type is None else content_type,
            "content_id": content_id,
        }
        self._fill(label(fields), source, start, size)

    @classmethod
    def of(cls, label: Label, kept: Kept) -> Self:
        """Return the attachment for what came before its message; it has no chunks."""
        attachment = cls.__new__(cls)
        attachment._fill(label, kept, 0, kept.size)
        return attachment

    @classmethod
    def _from_file(cls, file: File) -> Self:
        attachment = cls.__new__(cls)
        attachment._fill(file, file.content, 0, len(file.content))
        return attachment

    def _fill(self, label: Label, source: Source, start: int, size: int) -> None:
        values = dict(label, _source=source, _start=start, size=size)
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, values[name])

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the content in pieces of `size` bytes, from its beginning each time."""
        if isinstance(self._source, Path):
            with self._source.open("rb") as file:
                yield from _pieces(file, size)
        elif isinstance(self._source, bytes):
            yield from _pieces(io.BytesIO(self._source), size)
        elif not isinstance(self._source, Kept):
            self._source.seek(self._start)
            yield from _pieces(self._source, size)

    def digest(self) -> str:
        """Return the SHA-256 of the content, which is read for it, in pieces."""
        if isinstance(self._source, Kept):
            return self._source.digest
        digest = sha256()
        for piece in self.chunks():
            digest.update(piece)
        return digest.hexdigest()

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def accept(
            value: object, file: core_schema.ValidatorFunctionWrapHandler
        ) -> Any:
            return value if isinstance(value, cls) else cls._from_file(file(value))

        return core_schema.no_info_wrap_validator_function(
            accept, handler.generate_schema(File)
        )


def label(fields: Mapping[str, object]) -> Label:
    """Return what is to be written on a file; raise InvalidMessage."""
    try:
        return Label.model_validate(fields)
    except ValidationError as error:
        raise InvalidMessage(problems(error, fields)) from None


def _source(content: Content) -> bytes | Path | BinaryIO:
    if isinstance(content, bytes | bytearray | memoryview):
        return bytes(content)
    if isinstance(content, str | PathLike):
        return Path(content)
    if isinstance(content, io.TextIOBase) or not hasattr(content, "read"):
        raise InvalidMessage.of(
            "content", "must be bytes, a path or a file opened in binary mode"
        )
    return content


def _default_name(source: bytes | Path | BinaryIO) -> str:
    path = source if isinstance(source, Path) else getattr(source, "name", None)
    if not isinstance(path, str | PathLike):
        raise InvalidMessage.of("name", "is needed for content without a file name")
    return re.split(r"[/\\]", str(path))[-1]


def _guess(name: str) -> str:
    found, encoding = mimetypes.guess_type(name)
    return found if found and not encoding else _UNKNOWN


def _extent(source: bytes | Path | BinaryIO) -> tuple[int, int]:
    """Return where the content begins and how many bytes it has."""
    if isinstance(source, bytes):
        return 0, len(source)
    try:
        if isinstance(source, Path):
            return 0, _file_size(source)
        start = source.tell()
        size = source.seek(0, SEEK_END) - start
        source.seek(start)
    except (OSError, ValueError):
        raise InvalidMessage.of(
            "content", "must be a file that can be read twice"
        ) from None
    return start, size


def _file_size(path: Path) -> int:
    if not path.is_file():
        raise InvalidMessage.of("content", "is not a file")
    with path.open("rb") as file:  # fails now if we may not read it
        return file.seek(0, SEEK_END)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece
