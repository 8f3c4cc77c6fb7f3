"""A transport that answers what it is told, and remembers what it got."""

from collections.abc import Callable

from portal.delivery.transport import (
    Accepted,
    Attempt,
    NotSent,
    Parcel,
    Progress,
    Unknown,
)
from portal.errors import Answer

Told = Accepted | Exception
Found = Accepted | NotSent | Unknown
Look = Found | Exception

TAKEN = Accepted(answer=Answer(status=202))


class Postman:
    """Hands over nothing; each answer is given once, the last one for ever."""

    def __init__(self, *answers: Told, found: Look | None = None) -> None:
        self.answers = list(answers) or [TAKEN]
        self.found = found or Unknown(reason="Nobody knows.", final=True)
        self.parcels: list[Parcel] = []
        self.looks: list[Attempt] = []
        self.while_sending: Callable[[Parcel], None] = lambda parcel: None

    def deliver(self, parcel: Parcel, progress: Progress) -> Accepted:
        progress.begin()
        self.parcels.append(parcel)
        self.while_sending(parcel)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def look_up(self, attempt: Attempt) -> Found:
        self.looks.append(attempt)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found
