"""Where the content of an attachment may come from."""

import io
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from portal.errors import InvalidMessage
from portal.mail.message import Attachment, Message, meaning, parse

MIB = 1024 * 1024


def content(attachment: Attachment) -> bytes:
    return b"".join(attachment.chunks())


def refusal(*args: Any, **kwargs: Any) -> dict[str, str]:
    with pytest.raises(InvalidMessage) as refused:
        Attachment(*args, **kwargs)
    return {each.field: each.reason for each in refused.value.problems}


def test_bytes_need_a_name() -> None:
    assert content(Attachment(b"hi", name="a.txt")) == b"hi"
    assert refusal(b"hi") == {"name": "is needed for content without a file name"}


def test_bytes_that_change_later_do_not_change_the_attachment() -> None:
    changing = bytearray(b"hi")
    attachment = Attachment(changing, name="a.txt")

    changing[:] = b"no"

    assert content(attachment) == b"hi"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gives_name_type_and_size(tmp_path: Path, kind: type[Any]) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF")

    attachment = Attachment(kind(path))

    assert (attachment.name, attachment.content_type) == (
        "report.pdf",
        "application/pdf",
    )
    assert (attachment.size, content(attachment)) == (4, b"%PDF")
    assert str(tmp_path) not in repr(attachment)


def test_an_open_file_is_read_from_where_it_stands_each_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"header;body")

    with path.open("rb") as file:
        file.seek(7)
        attachment = Attachment(file)

        assert (attachment.name, attachment.size) == ("a.csv", 4)
        assert [content(attachment), content(attachment)] == [b"body", b"body"]


def test_a_nameless_open_file_needs_a_name() -> None:
    with tempfile.TemporaryFile() as file:
        assert list(refusal(file)) == ["name"]
        assert list(refusal(io.BytesIO(b"x"))) == ["name"]


def test_an_explicit_name_and_type_win(tmp_path: Path) -> None:
    path = tmp_path / "1234.tmp"
    path.write_bytes(b"")

    attachment = Attachment(path, name="a.png", content_type="Image/WebP")

    assert (attachment.name, attachment.content_type) == ("a.png", "image/webp")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.tar.gz", "application/octet-stream"),
        ("README", "application/octet-stream"),
        ("a.html", "text/html"),
    ],
)
def test_a_type_is_guessed_from_the_name(name: str, content_type: str) -> None:
    assert Attachment(b"", name=name).content_type == content_type


@pytest.mark.parametrize("missing", ["", "nowhere.pdf", "."])
def test_a_path_to_no_file_is_refused(missing: str, tmp_path: Path) -> None:
    assert refusal(tmp_path / missing) == {"content": "is not a file"}


def test_what_cannot_be_read_as_bytes_is_refused() -> None:
    assert list(refusal(io.StringIO("text"), name="a")) == ["content"]
    assert list(refusal(7, name="a")) == ["content"]


def test_a_stream_that_cannot_be_read_twice_is_refused() -> None:
    class Pipe(io.BytesIO):
        def seek(self, _to: int, _whence: int = 0) -> int:
            raise io.UnsupportedOperation

    assert "twice" in refusal(Pipe(b"x"), name="a")["content"]


def test_a_label_is_checked_as_in_json() -> None:
    found = refusal(b"", name="a/b", content_type="x", content_id="a b")

    assert set(found) == {"name", "content_type", "content_id"}


def test_a_content_id_may_come_with_its_brackets() -> None:
    assert Attachment(b"", name="a", content_id="<logo>").content_id == "logo"


def test_json_cannot_name_a_file_of_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "abcd"
    path.write_bytes(b"secret")
    for value in (str(path), "abcd", path.name):
        data = {"to": "a@x.example", "attachments": [{"name": "a", "content": value}]}

        try:
            attachment = parse(data).attachments[0]
        except InvalidMessage:
            continue

        assert content(attachment) == bytes.fromhex("69b71d")


def test_a_long_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    with path.open("wb") as file:
        file.truncate(50 * MIB)
    tracemalloc.start()

    message = Message(to="a@x.example", attachments=[Attachment(path)])
    meaning(message)
    read = sum(len(chunk) for chunk in message.attachments[0].chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == message.attachments[0].size == 50 * MIB
    assert peak < 2 * MIB
