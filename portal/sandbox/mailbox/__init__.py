"""What the mailboxes hold: drafts and their files, uploads under way, and sent mail."""
