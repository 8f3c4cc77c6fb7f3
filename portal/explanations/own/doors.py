"""Why a door refuses a request: nothing was stored, and nothing is tried again."""

from dataclasses import replace

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
    "This is more than this door takes.",
    "Please send less at once, or ask whoever runs the portal to allow more.",
)
NO_KEY = _refused(
    "no-valid-key",
    "No valid API key",
    "Please send a valid API key.",
    "Please use a key that a workspace admin has made on the page API keys, and that"
    " was not revoked.",
)
NOT_ALLOWED = _refused(
    "not-allowed",
    "Not with this key or account",
    "This is not allowed with this key or account.",
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
    "There is nothing by that name.",
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
    "Too many messages at once; please try again later.",
    "Please wait as long as Retry-After says, then send it again.",
)
CANNOT_DECRYPT = _refused(
    "cannot-decrypt",
    "Can't decrypt",
    "Can't decrypt: this database was sealed with another key. Nothing was changed.",
    "Please bring back the key that sealed it, then restart the portal.",
    who=Who.OPERATOR,
)
DATABASE_AWAY = _refused(
    "database-away",
    "The database does not answer",
    "The database cannot be reached just now; please try again in a moment.",
    "Please see that the database runs; meanwhile it is safe to repeat a request with"
    " the same Idempotency-Key.",
    who=Who.OPERATOR,
)
NO_ROOM = _refused(
    "no-room",
    "The disk is nearly full",
    "The disk of the database is nearly full; the operator must make room first.",
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
