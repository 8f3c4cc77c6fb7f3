"""How Graph shows a message: drafts and sent ones in the same shape."""

from typing import Any

from flask import request

from portal.sandbox.graph.problems import Problem
from portal.sandbox.mailbox import files, mime
from portal.sandbox.mailbox.drafts import Draft
from portal.sandbox.mailbox.files import Kept
from portal.sandbox.mailbox.mime import Recipient
from portal.sandbox.seeds import Account

CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#users('{}')/messages"
IMMUTABLE = 'IdType="ImmutableId"'
PREVIEW = 255
FILE = "microsoft.graph.fileAttachment"
SURROUNDING_BYTES = 330  # UNCONFIRMED how many; "some hundred" were seen
DRAFTS, SENT_ITEMS = "AQMkADrafts=", "AQMkASentItems="

Shown = dict[str, Any]


def immutable() -> bool:
    """Tell whether this request wants the ids that outlive a move."""
    return IMMUTABLE.lower() in request.headers.get("Prefer", "").lower()


def preference() -> dict[str, str]:
    """Return the header that says which ids the answer holds."""
    return {"Preference-Applied": IMMUTABLE} if immutable() else {}


def draft(kept: Draft, mailbox: Account) -> Shown:
    """Show a draft."""
    properties = dict(kept.properties)
    headers = properties.pop("internetMessageHeaders", None)
    inside = mime.look(kept.source)["attachments"] if kept.source else []
    there = [
        *(file.inline for file in files.of(kept.id)),
        *(each["inline"] for each in inside),
    ]
    own = _own(mailbox)
    shown = {
        **_frame(kept.immutable if immutable() else kept.id, kept.created),
        "@odata.etag": f'W/"CQAAABYAAAB{kept.change}"',
        "changeKey": f"CQAAABYAAAB{kept.change}",
        "isDraft": True,
        "parentFolderId": DRAFTS,
        "hasAttachments": not all(there),
        "sender": own,
        "from": own,
        **properties,
    }
    shown["bodyPreview"] = shown["body"]["content"][:PREVIEW]
    if headers and "internetMessageHeaders" in _selected():
        shown["internetMessageHeaders"] = headers
    return _chosen(shown, mailbox)


def mail(kept: dict[str, Any], mailbox: Account) -> Shown:
    """Show a copy in Sent Items."""
    html = kept["html"] is not None
    content = kept["html"] if html else kept["text"] or ""
    people = {
        "toRecipients": kept["to"],
        "ccRecipients": kept["cc"],
        "bccRecipients": kept["bcc"],
    }
    shown = {
        **_frame(kept["immutable"] if immutable() else kept["id"], _zulu(kept)),
        "@odata.etag": 'W/"CQAAABYAAABS"',
        "changeKey": "CQAAABYAAABS",
        "isDraft": False,
        "parentFolderId": SENT_ITEMS,
        "hasAttachments": not all(each["inline"] for each in kept["attachments"]),
        "subject": kept["subject"],
        "internetMessageId": kept["internet_message_id"],
        "body": {"contentType": "html" if html else "text", "content": content},
        "bodyPreview": content[:PREVIEW],
        "from": recipient(Recipient(address=kept["from"])),
        "sender": recipient(Recipient(address=kept["sender"])),
        **{name: [_address(each) for each in all_] for name, all_ in people.items()},
    }
    return _chosen(shown, mailbox)


def file(kept: Kept) -> Shown:
    """Show an attachment without its content, or what was selected of it.

    The size is what Exchange counts: more than the content, by what is around it.
    """
    shown = {
        "id": kept.id,
        "name": kept.name,
        "contentType": kept.content_type,
        "size": kept.size + SURROUNDING_BYTES + 2 * len(kept.name),
        "isInline": kept.inline,
    }
    own = {"contentId": kept.content_id}
    names = [name.strip() for name in _selected()]
    if names:
        _check_selected(names, (*shown, "lastModifiedDateTime"))
        own = {name: own[name] for name in own if f"{FILE}/{name}" in names}
        shown = {name: shown[name] for name in shown if name in {"id", *names}}
    kind = {"@odata.type": f"#{FILE}", "@odata.mediaContentType": kept.content_type}
    return kind | shown | own


def _check_selected(names: list[str], known: tuple[str, ...]) -> None:
    # What only file attachments have wants their type before it:
    # https://github.com/microsoftgraph/microsoft-graph-explorer-v4/issues/3916
    for name in names:
        if name not in known and not name.startswith(f"{FILE}/"):
            raise Problem(
                400,
                "RequestBroker--ParseUri",
                f"Could not find a property named '{name}' on type"
                " 'microsoft.graph.attachment'.",
            )


def recipient(person: Recipient) -> Shown:
    """Show an address."""
    return {"emailAddress": {"name": person.name, "address": person.address}}


def _address(address: str) -> Shown:
    return recipient(Recipient(address=address, name=address))


def _own(mailbox: Account) -> Shown:
    return recipient(Recipient(address=mailbox.address, name=mailbox.name))


def _zulu(kept: dict[str, Any]) -> str:
    return f"{kept['sent_at'][:19]}Z"


def _frame(message_id: str, at: str) -> Shown:
    """Return what every message has."""
    return {
        "id": message_id,
        "createdDateTime": at,
        "lastModifiedDateTime": at,
        "receivedDateTime": at,
        "sentDateTime": at,
        "categories": [],
        "importance": "normal",
        "conversationId": "AAQkADConversation=",
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": False,
        "isRead": True,
        "inferenceClassification": "focused",
        "webLink": "https://outlook.office365.com/owa/?ItemID=sandbox",
        "flag": {"flagStatus": "notFlagged"},
        "replyTo": [],
    }


def _selected() -> list[str]:
    return [name for name in request.args.get("$select", "").split(",") if name]


def _chosen(shown: Shown, mailbox: Account) -> Shown:
    context = {"@odata.context": CONTEXT.format(mailbox.oid) + "/$entity"}
    if not _selected():
        return context | shown
    names = {"@odata.etag", "id", *(name.strip() for name in _selected())}
    return context | {name: value for name, value in shown.items() if name in names}


def not_found() -> Problem:
    """Return the refusal of an id that is not in the mailbox, or not any more."""
    return Problem(
        404,
        "ErrorItemNotFound",
        "The specified object was not found in the store.",
    )
