"""A message as Graph's JSON, and what that cannot carry.

https://learn.microsoft.com/graph/api/resources/message
"""

import base64
import json
from typing import Any

from portal.delivery.transport import Parcel
from portal.errors import Withheld
from portal.mail import mime
from portal.mail.message import Address

MOST_HEADERS = 5

WHOLE = "It is signed or encrypted, which Graph cannot send from another address."

Json = dict[str, Any]


def payload_of(parcel: Parcel) -> tuple[Json, str]:
    """Return the JSON of sendMail, and a sentence about what it leaves out.

    Raises Withheld for a message that must stay whole.
    """
    mail = mime.outline(parcel.skeleton)
    if mail.whole:
        raise Withheld(WHOLE)
    headers, dropped = _headers(mail)
    if mail.text is not None and mail.html is not None:
        dropped.append("the plain text beside the HTML (Microsoft writes its own)")
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
        "attachments": [_attachment(parcel, each) for each in mail.attachments],
    }
    # Graph refuses some empty collections, and needs none of them.
    filled = {name: value for name, value in message.items() if value != []}
    return {"message": filled}, f"Left out: {'; '.join(dropped)}." if dropped else ""


def size_of(payload: Json) -> int:
    """Return how many bytes the payload is in a request, written as it is sent."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode())


def _sender(parcel: Parcel, mail: mime.Outline) -> Address:
    name = mail.sender.name if mail.sender else ""
    return Address(address=parcel.sender, name=name)


def _headers(mail: mime.Outline) -> tuple[list[Json], list[str]]:
    """Return the headers Graph takes, and the names of those that it does not."""
    fit = [
        (name, value) for name, value in mail.headers if name.lower().startswith("x-")
    ]
    taken = fit[:MOST_HEADERS]
    dropped = [
        f"the header {name}"
        for name, value in mail.headers
        if (name, value) not in taken
    ]
    return [{"name": name, "value": value} for name, value in taken], dropped


def _body(mail: mime.Outline) -> Json:
    if mail.html is not None:
        return {"contentType": "html", "content": mail.html}
    return {"contentType": "text", "content": mail.text or ""}


def _recipient(who: Address) -> Json:
    named = {"name": who.name} if who.name else {}
    return {"emailAddress": {"address": who.address} | named}


def _attachment(parcel: Parcel, each: mime.Leaf) -> Json:
    content = base64.b64encode(b"".join(parcel.part(each.number)))
    inline = {"isInline": True, "contentId": each.content_id} if each.content_id else {}
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": each.name,
        "contentType": each.content_type,
        "contentBytes": content.decode(),
    } | inline
