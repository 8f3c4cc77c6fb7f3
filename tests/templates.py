"""Templates that are compiled once a process, and not again for every app.

A test has an app of its own, and Jinja forgets with an app what it compiled.
"""

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Remembering(BytecodeCache):
    """Finds what another app compiled of the same file, as long as it is the same."""

    def __init__(self) -> None:
        self.compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code
        self.compiled[bucket.key, bucket.checksum] = bucket.code


def register() -> None:
    """Let every app from now on share what is compiled."""
    Flask.jinja_options["bytecode_cache"] = Remembering()
