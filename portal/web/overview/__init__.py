"""The overview: what the admin sees first."""
