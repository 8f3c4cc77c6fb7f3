"""smtp.office365.com on this machine: submission by SMTP, as Exchange Online has it."""

from portal.sandbox.smtp.authority import certified
from portal.sandbox.smtp.listener import Listener, listen

__all__ = ["Listener", "certified", "listen"]
