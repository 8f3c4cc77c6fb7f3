"""All mails of the corpus, by name; whoever sends one writes its From into it."""

from collections.abc import Mapping

from tests.corpus import by_hand, parted, sealed, standard

FROM = b"from@corpus.example"
LEAST = 60


def every() -> dict[str, bytes]:
    """Return what this machine can make without help: by hand, and with Python."""
    rooms = (by_hand, parted, standard, sealed)
    return {name: raw for room in rooms for name, raw in room.mails().items()}


def sent_from(mails: Mapping[str, bytes], sender: str) -> dict[str, bytes]:
    return {name: raw.replace(FROM, sender.encode()) for name, raw in mails.items()}
