"""A Microsoft on this machine: sign-in, consent, tokens, mail, as documented.

It stands beside the house: it imports nothing of the portal, and the portal reaches it
by two addresses in the environment only.
"""

from portal.sandbox.app import create_app
from portal.sandbox.smtp import certified, listen

__all__ = ["certified", "create_app", "listen"]
