"""What a request carries; it knows whether all of it was handed over."""

from collections.abc import Iterable, Iterator, MutableMapping

BLOCK = 16 * 1024  # bytes, one TLS record: each is sent within one wait


class Body:
    """What a request carries; knows whether all of it was handed to the socket."""

    def __init__(self, content: bytes | Iterable[bytes], length: int | None = None):
        chunks = [content] if isinstance(content, bytes) else content
        self._length = len(content) if isinstance(content, bytes) else length or 0
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")
        self._given = 0
        self.spent = False

    def __len__(self) -> int:
        return self._length

    def __bool__(self) -> bool:
        # requests would take an empty body for none, and nobody would watch it.
        return True

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK), b"")

    def declare(self, headers: MutableMapping[str, str]) -> None:
        # requests chooses chunked encoding for an empty stream; Graph wants a length.
        headers.pop("Transfer-Encoding", None)
        headers["Content-Length"] = str(self._length)

    def read(self, size: int = -1) -> bytes:
        """Give out the next block; being asked beyond the last one marks it spent.

        Whoever sends asks again only after the socket took the block before, so a
        connection that broke in the last block did not get it.
        """
        while not self._rest and (chunk := next(self._chunks, None)) is not None:
            self._rest = memoryview(chunk)
        block = bytes(self._rest[:size] if size >= 0 else self._rest)
        self._rest = self._rest[len(block) :]
        self._given += len(block)
        if self._given > self._length or (not block and self._given < self._length):
            raise ValueError("This body is not as long as it was said to be.")
        self.spent = not block and size != 0
        return block
