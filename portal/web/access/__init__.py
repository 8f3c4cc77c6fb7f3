"""Access: the API keys of applications, and who changed what."""
