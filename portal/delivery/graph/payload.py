"""A message as Graph's JSON, and what that cannot carry.

https://learn.microsoft.com/graph/api/resources/message
"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from portal.delivery.transport import Parcel
from portal.explanations.own import NOT_AS_ANOTHER
from portal.mail import mime
from portal.mail.message import Address

MOST_HEADERS = 5
LONGEST_NAME = 76  # characters of a header's name in a note
MOST_NAMED = 10  # headers that a note tells by name
CID = re.compile(r"""\bcid:([^\s"'<>)]+)""", re.IGNORECASE)  # RFC 2392

WHOLE = "It is signed or encrypted"

Json = dict[str, Any]


def payload_of(parcel: Parcel) -> tuple[Json, str]:
    """Return the JSON of sendMail, and what it leaves out or changes.

    Raises Withheld for a message that must stay whole, or of which anything else would
    be lost.
    """
    mail = mime.outline(parcel.skeleton)
    _check_carried(mail)
    headers, dropped = _headers(mail)
    message: Json = {
        "subject": mail.subject,
        "body": _body(mail),
        "from": _recipient(_sender(parcel, mail)),
        "toRecipients": [_recipient(who) for who in mail.to],
        "ccRecipients": [_recipient(who) for who in mail.cc],
        "bccRecipients": [_recipient(Address(address=who)) for who in parcel.bcc],
        "replyTo": [_recipient(who) for who in mail.reply_to],
        "importance": mail.importance,
        "internetMessageId": parcel.internet_message_id,
        "internetMessageHeaders": headers,
        "attachments": list(_attachments(parcel, mail)),
    }
    # Graph refuses some empty collections, and needs none of them.
    filled = {name: value for name, value in message.items() if value != []}
    return {"message": filled}, _note(mail, dropped)


def shown(mail: mime.Outline) -> set[int]:
    """Return the numbers of the files that the HTML of a mail shows.

    Readers of mail list no inline file: one that no HTML shows would be hidden.
    """
    ids = {unquote(cid) for cid in CID.findall(mail.html or "")}
    return {each.number for each in mail.attachments if unquote(each.content_id) in ids}


def size_of(payload: Json) -> int:
    """Return how many bytes the payload is in a request, written as it is sent."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode())


def _check_carried(mail: mime.Outline) -> None:
    if mail.whole:
        raise NOT_AS_ANOTHER.error(reason=WHOLE)
    if mail.obstacle:
        raise NOT_AS_ANOTHER.error(reason=f"It has {mail.obstacle}")


def _note(mail: mime.Outline, dropped: list[str]) -> str:
    missing = [f"the header {name}" for name in dropped[:MOST_NAMED]]
    if more := len(dropped[MOST_NAMED:]):
        missing.append(f"other headers ({more})")
    if mail.text is not None and mail.html is not None:
        missing.append("the plain text beside the HTML (Microsoft writes its own)")
    filed = [_as_file(each) for each in mail.attachments if each.shown]
    notes = {"Left out": missing, "Sent as a file": filed}
    return " ".join(f"{how}: {'; '.join(what)}." for how, what in notes.items() if what)


def _as_file(each: mime.Leaf) -> str:
    if each.content_type == "text/calendar":
        return f"{each.name} (an invitation, without its buttons to answer)"
    return each.name


def _sender(parcel: Parcel, mail: mime.Outline) -> Address:
    name = mail.sender.name if mail.sender else ""
    return Address(address=parcel.sender, name=name)


def _headers(mail: mime.Outline) -> tuple[list[Json], list[str]]:
    """Return the headers Graph takes, and the names of those that it does not."""
    taken: list[Json] = []
    dropped: list[str] = []
    for name, value in mail.headers:
        if re.match("[xX]-.", name) and len(taken) < MOST_HEADERS:
            taken.append({"name": name, "value": value})
        else:
            dropped.append(name[:LONGEST_NAME])
    return taken, dropped


def _body(mail: mime.Outline) -> Json:
    if mail.html is not None:
        return {"contentType": "html", "content": mail.html}
    return {"contentType": "text", "content": mail.text or ""}


def _recipient(who: Address) -> Json:
    named = {"name": who.name} if who.name else {}
    return {"emailAddress": {"address": who.address} | named}


def _attachments(parcel: Parcel, mail: mime.Outline) -> Iterator[Json]:
    inline = shown(mail)
    for each in mail.attachments:
        inside = {"isInline": True, "contentId": each.content_id}
        about = inside if each.number in inline else {}
        yield _attachment(parcel, each) | about


def _attachment(parcel: Parcel, each: mime.Leaf) -> Json:
    pieces = mime.unpacked(parcel.part(each.number), each.encoding)
    content = base64.b64encode(b"".join(pieces))
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": each.name,
        "contentType": each.content_type,
        "contentBytes": content.decode(),
    }
