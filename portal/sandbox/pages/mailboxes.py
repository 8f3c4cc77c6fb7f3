"""The mailbox pages: what each organization has sent, and one mail in full."""

from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    render_template,
    request,
    stream_with_context,
)
from flask.typing import ResponseReturnValue

from portal.sandbox.google import people as google
from portal.sandbox.graph import access
from portal.sandbox.login import clients
from portal.sandbox.mailbox import mails
from portal.sandbox.seeds import ACCOUNTS, CONTOSO, FULL_ACCESS, PASSWORD
from portal.sandbox.seeds import TENANTS as MICROSOFTS
from portal.sandbox.seeds import account as account_of

bp = Blueprint("mailboxes", __name__)

TENANTS = (*MICROSOFTS, google.NORTHWIND)
Mail = dict[str, Any]

SHOWN = 100
SOURCE_BYTES = 64 * 1024  # on the page; the download has the rest
VIEWS = {"html": "HTML", "text": "Text", "source": "Source"}
# Nothing of a stranger's mail may run, load or reach out.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show what an organization has sent, newest first."""
    return _page(None)


@bp.get("/mails/<mail_id>")
def show(mail_id: str) -> ResponseReturnValue:
    """Show one mail beside the others."""
    return _page(mails.one(mail_id) or abort(404))


def _page(mail: Mail | None) -> ResponseReturnValue:
    name = str(mail["tenant"]) if mail else request.args.get("tenant", CONTOSO.id)
    tenant = next((each for each in TENANTS if each.named(name)), CONTOSO)
    listed = mails.listed(tenant.id, SHOWN)
    if mail is None and listed:
        mail = mails.one(listed[0]["id"])
    return render_template(
        "mailboxes.html",
        tenant=tenant,
        tenants=TENANTS,
        counts=mails.count(),
        listed=listed,
        mail=mail,
        **(_in_full(mail) if mail else {}),
    )


def _in_full(mail: Mail) -> dict[str, Any]:
    """Return what the page says about one mail, in the view that was asked for."""
    views = VIEWS | {"attachments": f"Attachments, {len(mail['attachments'])}"}
    view = request.args.get("view", "")
    if view not in views:
        view = "html" if mail["text"] is None else "text"
    source = _beginning(mails.source(mail["id"])) if view == "source" else b""
    return {
        "facts": _facts(mail),
        "views": views,
        "view": view,
        "source": source.decode("utf-8", "replace"),
    }


def _beginning(source: Iterator[bytes]) -> bytes:
    first = bytearray()
    while len(first) < SOURCE_BYTES and (some := next(source, None)) is not None:
        first += some
    return bytes(first[:SOURCE_BYTES])


def _facts(mail: Mail) -> list[tuple[str, str]]:
    other = "" if mail["sender"] == mail["mailbox"] else " (Send As)"
    facts = [
        ("From", mail["from"]),
        ("Sent with", f"{mail['mailbox']}{other}"),
        ("To", ", ".join(mail["to"])),
        ("Cc", ", ".join(mail["cc"])),
        ("Bcc", ", ".join(mail["bcc"])),
        ("At", f"{mail['sent_at'][:19].replace('T', ' ')} UTC"),
        ("By", f"{mail['call']}, 202"),
        ("Message-ID", mail["internet_message_id"]),
    ]
    return [(name, value) for name, value in facts if value]


@bp.get("/mails/<mail_id>/html")
def show_html(mail_id: str) -> ResponseReturnValue:
    """Hand out the HTML of a mail, shut off from everything."""
    mail = mails.one(mail_id) or abort(404)
    response = Response(str(mail["html"] or ""), mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@bp.get("/mails/<mail_id>/source")
def download(mail_id: str) -> ResponseReturnValue:
    """Hand out a mail as it left."""
    mail = mails.one(mail_id) or abort(404)
    name = f"{mail_id}.eml"
    return _handed_out(name, "message/rfc822", mails.source(mail_id), mail["size"])


@bp.get("/mails/<mail_id>/attachments/<int:number>")
def download_attachment(mail_id: str, number: int) -> ResponseReturnValue:
    """Hand out one file of a mail, never to be shown in place."""
    try:
        name, content, size = mails.attachment(mail_id, number)
    except IndexError:
        abort(404)
    return _handed_out(name, "application/octet-stream", content, size)


def _handed_out(
    name: str, mimetype: str, content: Iterator[bytes], size: int
) -> Response:
    """Return a download, of which never more than some is in memory."""
    response = Response(stream_with_context(content), mimetype=mimetype)
    response.content_length = size
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@bp.get("/accounts")
def accounts() -> ResponseReturnValue:
    """Show whom one can sign in as, and what each may do."""
    everybody = (*ACCOUNTS, *google.PEOPLE)
    rights = {
        each.oid: _rights(each.oid, "Send As", access.send_as())
        + _rights(each.oid, "Full Access", FULL_ACCESS)
        for each in everybody
    }
    return render_template(
        "accounts.html",
        tenants=TENANTS,
        accounts=everybody,
        rights=rights,
        password=PASSWORD,
        registration=clients.current(),
        google=google,
    )


def _rights(oid: str, right: str, pairs: set[tuple[str, str]]) -> list[str]:
    targets = [account_of(target) for holder, target in sorted(pairs) if holder == oid]
    return [f"{right} on {each.address}" for each in targets if each]
