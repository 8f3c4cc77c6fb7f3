"""In: the doors through which messages come."""
