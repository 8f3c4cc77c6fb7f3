"""A message as Graph's JSON spells it: read strictly, and written as mail."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from typing import Any

from portal.sandbox.graph.problems import Problem, not_read
from portal.sandbox.mailbox import mime
from portal.sandbox.mailbox.mime import File, Recipient

MAX_HEADERS = 5
FILE = "#microsoft.graph.fileAttachment"
IMPORTANCES = ("low", "normal", "high")

Properties = dict[str, Any]

# Every property of microsoft.graph.message, by the JSON type it has.
TEXTS = (
    "id changeKey subject bodyPreview importance internetMessageId webLink"
    " parentFolderId conversationId conversationIndex createdDateTime"
    " lastModifiedDateTime receivedDateTime sentDateTime inferenceClassification"
)
FLAGS = (
    "isRead isDraft hasAttachments isReadReceiptRequested isDeliveryReceiptRequested"
)
OBJECTS = "body uniqueBody from sender flag"
LISTS = (
    "toRecipients ccRecipients bccRecipients replyTo attachments categories"
    " internetMessageHeaders singleValueExtendedProperties"
    " multiValueExtendedProperties extensions"
)
SHAPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(TEXTS.split(), (str,)),
    **dict.fromkeys(FLAGS.split(), (bool,)),
    **dict.fromkeys(OBJECTS.split(), (dict,)),
    **dict.fromkeys(LISTS.split(), (list,)),
}
ATTACHMENT_SHAPES: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "name": (str,),
    "contentType": (str,),
    "contentBytes": (str,),
    "contentId": (str,),
    "contentLocation": (str,),
    "isInline": (bool,),
    "size": (int,),
    "lastModifiedDateTime": (str,),
}


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What the JSON says, read and checked."""

    subject: str
    html: bool
    content: str
    from_: Recipient | None
    to: list[Recipient]
    cc: list[Recipient]
    bcc: list[Recipient]
    reply_to: list[Recipient]
    headers: list[tuple[str, str]]
    files: list[File]
    importance: str
    message_id: str | None


def shaped(
    value: Any, shapes: dict[str, tuple[type, ...]], type_name: str
) -> Properties:
    """Return an object with its names in camel case; raise 400 on any other member."""
    if not isinstance(value, dict):
        raise not_read(f"An object of type '{type_name}' was expected.")
    members: Properties = {}
    for name, member in value.items():
        if name.startswith("@odata."):
            members[name] = member
            continue
        name = name[:1].lower() + name[1:]
        if name not in shapes:
            raise not_read(
                f"The property '{name}' does not exist on type '{type_name}'. Make sure"
                " to only use property names that are defined by the type."
            )
        if member is not None and type(member) not in shapes[name]:
            raise not_read(f"The value of the property '{name}' has the wrong type.")
        members[name] = member
    return members


def read(value: Any) -> Letter:
    """Read a message; raise 400 with Graph's code for what is wrong with it."""
    members = shaped(value, SHAPES, "microsoft.graph.message")
    body = _body(members.get("body"))
    importance = str(members.get("importance") or "normal").lower()
    if importance not in IMPORTANCES:
        raise not_read("Cannot convert the literal of 'importance' to its enumeration.")
    sender = members.get("from")
    return Letter(
        subject=_line(members.get("subject") or ""),
        html=body[0] == "html",
        content=body[1],
        from_=_recipient(sender) if sender else None,
        to=_recipients(members, "toRecipients"),
        cc=_recipients(members, "ccRecipients"),
        bcc=_recipients(members, "bccRecipients"),
        reply_to=_recipients(members, "replyTo"),
        headers=_headers(members.get("internetMessageHeaders")),
        files=[read_file(each) for each in members.get("attachments") or []],
        importance=importance,
        message_id=members.get("internetMessageId"),
    )


def _body(value: Any) -> tuple[str, str]:
    if value is None:
        return "text", ""
    shapes: dict[str, tuple[type, ...]] = {"contentType": (str,), "content": (str,)}
    members = shaped(value, shapes, "microsoft.graph.itemBody")
    content_type = (members.get("contentType") or "text").lower()
    if content_type not in ("text", "html"):
        raise not_read("Cannot convert the literal of 'contentType' to 'bodyType'.")
    return content_type, members.get("content") or ""


def _recipients(members: Properties, name: str) -> list[Recipient]:
    return [_recipient(each) for each in members.get(name) or []]


def _recipient(value: Any) -> Recipient:
    outer = shaped(value, {"emailAddress": (dict,)}, "microsoft.graph.recipient")
    shapes: dict[str, tuple[type, ...]] = {"address": (str,), "name": (str,)}
    inner = shaped(
        outer.get("emailAddress") or {}, shapes, "microsoft.graph.emailAddress"
    )
    return Recipient(
        address=inner.get("address") or "", name=_line(inner.get("name") or "")
    )


def _headers(value: Any) -> list[tuple[str, str]]:
    if value is None:
        return []
    if not 0 < len(value) <= MAX_HEADERS:
        raise Problem(
            400,
            "InvalidInternetMessageHeaderCollection",
            f"Between 1 and {MAX_HEADERS} internet message headers are allowed.",
        )
    shapes: dict[str, tuple[type, ...]] = {"name": (str,), "value": (str,)}
    found = []
    for each in value:
        header = shaped(each, shapes, "microsoft.graph.internetMessageHeader")
        name = header.get("name") or ""
        if not re.fullmatch(r"[xX]-[!-9;-~]+", name):
            raise Problem(
                400,
                "InvalidInternetMessageHeader",
                f"The internet message header name '{name}' should start with 'x-'.",
            )
        found.append((name, _line(header.get("value") or "")))
    return found


def read_file(value: Any) -> File:
    """Read one attachment; raise 400, or 405 for what is no file."""
    members = shaped(value, ATTACHMENT_SHAPES, "microsoft.graph.fileAttachment")
    if members.get("@odata.type") != FILE:
        raise not_read(f"The sandbox takes attachments of '@odata.type' '{FILE}' only.")
    name = members.get("name")
    if not name or members.get("contentBytes") is None:
        raise Problem(
            400, "ErrorRequiredPropertyMissing", "Required property is missing."
        )
    return File(
        name=_line(name),
        content_type=members.get("contentType") or "application/octet-stream",
        content=_bytes(members["contentBytes"]),
        inline=bool(members.get("isInline")),
        content_id=members.get("contentId"),
    )


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Base64Error as error:
        raise not_read("Cannot convert the literal of 'contentBytes'.") from error


def _line(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text)


def write(letter: Letter, sender: Recipient, message_id: str) -> bytes:
    """Return the mail that Exchange makes of a letter; files and Bcc are not in it."""
    mail = EmailMessage(policy=policy.SMTP)
    mail.set_content(letter.content, subtype="html" if letter.html else "plain")
    lines = [mime.address_line("From", [sender])]
    people = (("To", letter.to), ("Cc", letter.cc), ("Reply-To", letter.reply_to))
    lines += [mime.address_line(name, each) for name, each in people if each]
    lines += [
        mime.text_line(name, value)
        for name, value in (
            ("Subject", letter.subject),
            ("Message-ID", message_id),
            ("Date", mime.date()),
            ("Importance", letter.importance),
            *letter.headers,
        )
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + mail.as_bytes()
