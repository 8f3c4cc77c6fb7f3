"""Out: how a message leaves."""
