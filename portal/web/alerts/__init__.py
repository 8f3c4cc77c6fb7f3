"""The pages of alerts: who is told of what, and what is wrong just now."""
