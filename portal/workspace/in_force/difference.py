"""The difference: what was in force once, beside what is now."""

from collections.abc import Mapping
from dataclasses import dataclass

# In the order in which one looks at them.
ORDER = (
    *("transport", "authentication", "host", "port", "username", "encryption"),
    *("certificate", "proxy", "sender", "connected_as", "connected_at"),
    *("permission", "scopes", "tenant", "client_id", "redirect_uri"),
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One of them; "" where it was or is not set."""

    name: str
    then: str
    now: str

    @property
    def changed(self) -> bool:
        return self.then != self.now


def beside(then: Mapping[str, str], now: Mapping[str, str]) -> list[Setting]:
    """Return every setting that was or is set."""
    return [
        Setting(name=name, then=then.get(name, ""), now=now.get(name, ""))
        for name in ORDER
        if name in then or name in now
    ]
