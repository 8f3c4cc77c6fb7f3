"""Verify setup: for whoever looks at a page, and for programs at the HTTP door."""

from portal.web.verification import api, page

__all__ = ["api", "page"]
