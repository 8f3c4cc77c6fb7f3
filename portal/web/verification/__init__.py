"""Verify setup: for whoever looks at a page, and for programs."""
