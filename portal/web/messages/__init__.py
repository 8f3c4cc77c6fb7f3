"""Messages: what needs a human, and all about each one: its state, story, decisions."""
