"""Mail accounts: the ways to send, each with its settings, its test and its end."""
