"""Speaking SMTP to a server: the way there, being signed in, and what replies mean."""
