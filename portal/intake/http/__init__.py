"""The HTTP door: a message in, a receipt out, errors as RFC 9457 says."""

from portal.intake.http import decisions, description, messages, status
from portal.intake.http.door import bp, refuse_request

__all__ = ["bp", "decisions", "description", "messages", "refuse_request", "status"]
