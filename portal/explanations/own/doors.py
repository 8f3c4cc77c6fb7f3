"""Why a door refuses a request: nothing was stored, and nothing is tried again."""

from dataclasses import replace

from portal.errors import (
    CannotDecrypt,
    DatabaseAway,
    NoRoom,
    NotAllowed,
    NotAuthorized,
    NotFound,
    TooLarge,
    TooManyMessages,
)
from portal.explanations.row import Explanation, Place, Who, hopeless


def _refused(
    name: str,
    title: str,
    why: str,
    *steps: str,
    who: Who = Who.SENDER,
    place: Place = Place.NOWHERE,
) -> Explanation:
    return replace(hopeless(name, title, why, *steps), who=who, place=place)


NOT_UNDERSTOOD = _refused(
    "request-not-understood",
    "The request is not understood",
    "This request cannot be read as a message or as a question about one.",
    "Please change the request as the answer says, then send it again.",
)
INVALID = _refused(
    "invalid-message",
    "The message cannot be sent as it is",
    "A field of this message is wrong.",
    "Please correct each field that is named, then send it again.",
)
TOO_LARGE = _refused(
    "more-than-a-door-takes",
    "More than this door takes",
    str(TooLarge()),
    "Please send less at once, or ask whoever runs the portal to allow more.",
)
TOO_MUCH_JSON = _refused(
    "more-than-json-takes",
    "Too large for JSON",
    "A message has at most 5 MB as JSON; files go beside it in multipart form.",
    "Please send its files beside it in multipart/form-data, or all of it as"
    " message/rfc822.",
)
NO_KEY = _refused(
    "no-valid-key",
    "No valid API key",
    str(NotAuthorized()),
    "Please use a key that a workspace admin has made on the page API keys, and that"
    " was not revoked.",
)
NOT_ALLOWED = _refused(
    "not-allowed",
    "Not with this key or account",
    str(NotAllowed()),
    "Please send it as they allow, or ask whoever runs the portal for another key.",
)
SWITCHED_OFF = _refused(
    "account-switched-off",
    "The account is switched off",
    "The account {account} is switched off.",
    "Please switch it on, or let the application name another account.",
    who=Who.WORKSPACE,
    place=Place.ACCOUNTS,
)
NOTHING_HERE = _refused(
    "nothing-here",
    "Nothing by that name",
    str(NotFound()),
    "Please check the address and the id; a key sees only what it brought itself.",
)
CONFLICT = _refused(
    "conflict",
    "Not as things stand",
    "This does not go together with what was done before.",
    "Please look how the message stands, then decide anew; another message needs an"
    " Idempotency-Key of its own.",
)
TOO_MANY = _refused(
    "too-many-requests",
    "Too many at once",
    str(TooManyMessages()),
    "Please wait as long as Retry-After says, then send it again.",
)
CANNOT_DECRYPT = _refused(
    CannotDecrypt.cause,
    "Can't decrypt",
    str(CannotDecrypt()),
    "Please bring back the key that sealed it, then restart the portal.",
    who=Who.OPERATOR,
)
DATABASE_AWAY = _refused(
    DatabaseAway.cause,
    "The database does not answer",
    str(DatabaseAway()),
    "Please see that the database runs; meanwhile it is safe to repeat a request with"
    " the same Idempotency-Key.",
    who=Who.OPERATOR,
)
NO_ROOM = _refused(
    NoRoom.cause,
    "The disk is nearly full",
    str(NoRoom()),
    "Please make room on the disk of the database; then send it again.",
    who=Who.OPERATOR,
)
FAULT = _refused(
    "request-failed",
    "A fault in Mail Portal",
    "Something went wrong here.",
    "Please look for the reason in the log of the portal; to try again is safe with the"
    " same Idempotency-Key.",
    who=Who.OPERATOR,
)
