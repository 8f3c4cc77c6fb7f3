"""Routes that are compiled once a process, and not again for every app.

A test has apps of its own, here and at Microsoft, and Werkzeug writes and compiles two
functions for each of their routes, which are the same for the same route.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class Remembering(Rule):
    """Finds what another app compiled of the same route."""

    compiled: ClassVar[dict[tuple[Any, ...], Builder]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        """Named by Werkzeug."""
        defaults = repr(sorted((self.defaults or {}).items()))
        key = (self.host, self.subdomain, self.rule, defaults, append_unknown)
        if key not in self.compiled:
            self.compiled[key] = super()._compile_builder(append_unknown)
        return self.compiled[key]


def register() -> None:
    """Let every app from now on share what is compiled."""
    Flask.url_rule_class = Remembering
