"""Google as it would be here: sign-in, consent and tokens, and Gmail's SMTP server."""

from portal.sandbox.google.gmail import listen

__all__ = ["listen"]
