"""A message that was submitted: as whom it may be sent, and where it lies then."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping

from aiosmtpd.smtp import Envelope

from portal.sandbox.graph import access
from portal.sandbox.mailbox import mails, mime
from portal.sandbox.mailbox.mails import Parcel
from portal.sandbox.seeds import Account, addressed
from portal.sandbox.smtp.sign_in import Submitter

CALL = "SMTP submission"
DROPPED = ("Bcc", "Return-Path")
NO_SENDER = "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
NO_SEND_AS = (
    "554 5.2.252 SendAsDenied; {mailbox} not allowed to send as {sender};"
    " STOREDRV.Submission.Exception:SendAsDeniedException"
)
TAKEN = (
    "250 2.0.0 OK <{id}> [Hostname=SANDBOX.contoso.example] Queued mail for delivery"
)


def take(submitter: Submitter, envelope: Envelope) -> str:
    """Keep a message in Sent Items and on the pages, and return what is replied."""
    mailbox, source = submitter.mailbox, bytes(envelope.original_content or b"")
    headers = mime.texts(source)
    written = mime.recipients(headers.get("from", ()))
    shown = written[0].address if written else mailbox.address
    sender = _as(mailbox, shown)
    if sender is None:
        return NO_SEND_AS.format(mailbox=mailbox.address, sender=shown)
    if _as(mailbox, envelope.mail_from or "") is None:
        return NO_SENDER
    to, cc, bcc = received(headers, envelope.rcpt_tos)
    message_id = headers.get("message-id", [""])[0]
    parcel = Parcel(
        mailbox=mailbox,
        sender=sender,
        from_address=shown,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=headers.get("subject", [""])[0],
        message_id=message_id or mime.new_message_id(mailbox.tenant.domain),
        source=mime.rewrite(source, DROPPED),
        call=f"{CALL} ({submitter.by})",
    )
    return TAKEN.format(id=mails.record(parcel))


def unpacked(packed: bytes) -> bytes:
    """Return what was said in base64; nothing if that is none."""
    try:
        return b64decode(packed, validate=True)
    except Base64Error:
        return b""


def received(
    headers: Mapping[str, list[str]], everybody: list[str]
) -> tuple[tuple[str, ...], ...]:
    """Return whom of an envelope To names, whom Cc, and whom neither does."""
    to, cc = (
        [each.address for each in mime.recipients(headers.get(name, ()))]
        for name in ("to", "cc")
    )
    known = {each.lower() for each in everybody}
    named = {each.lower() for each in (*to, *cc)}
    return (
        tuple(each for each in to if each.lower() in known),
        tuple(each for each in cc if each.lower() in known),
        tuple(each for each in everybody if each.lower() not in named),
    )


def _as(mailbox: Account, address: str) -> Account | None:
    """Return in whose name a mailbox sends from an address; None if it may not."""
    target = addressed(mailbox.tenant.id, address)
    if target is None:
        return None
    allowed = target == mailbox or (mailbox.oid, target.oid) in access.send_as()
    return target if allowed else None
