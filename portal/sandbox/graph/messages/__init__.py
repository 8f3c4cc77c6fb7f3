"""The messages of a mailbox: drafts that are changed and sent, and what was sent."""
