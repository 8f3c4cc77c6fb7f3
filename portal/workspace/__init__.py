"""Who: the organization's application, its mail accounts, its people and their keys."""
