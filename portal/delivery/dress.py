"""What an account puts on a mail: as it leaves, so what is set today holds for it.

What a message brought stays as it was kept: whoever sends it again, perhaps by another
account, begins with that. Every transport gets its mail from here.
"""

from portal.mail import mime
from portal.mail.message import Address, address
from portal.mail.mime import leaving
from portal.workspace.accounts import Letterhead

CONFIRMATION = "Disposition-Notification-To"  # RFC 8098 section 2.1


def dressed(skeleton: bytes, sender: str, letterhead: Letterhead) -> bytes:
    """Return the skeleton as it leaves from this address, by this account."""
    worn = _readdressed(skeleton, sender)
    put = leaving.replaced if letterhead.force else leaving.filled
    if letterhead.reply_to:
        worn = put(worn, "Reply-To", Address(address=letterhead.reply_to))
    if letterhead.read_confirmation:
        asked = letterhead.confirmation or letterhead.reply_to or sender
        worn = put(worn, CONFIRMATION, Address(address=asked))
    if letterhead.footer and (letterhead.footer_text or letterhead.footer_html):
        worn = leaving.with_footer(
            worn, text=letterhead.footer_text, html=letterhead.footer_html
        )
    return worn


def _readdressed(skeleton: bytes, sender: str) -> bytes:
    """Return the skeleton from the account's address of today."""
    written = mime.outline(skeleton).sender
    if written and address.same(written.address, sender):
        return skeleton
    name = written.name if written else ""
    return mime.with_sender(skeleton, Address(address=sender, name=name))
