"""A Microsoft on this machine: sign-in, consent, tokens, mail; and a small Google.

It stands beside the house: it imports nothing of the portal, and the portal reaches it
by three addresses in the environment only.
"""

from portal.sandbox.app import create_app
from portal.sandbox.google import listen as listen_as_gmail
from portal.sandbox.smtp import certified, listen

__all__ = ["certified", "create_app", "listen", "listen_as_gmail"]
