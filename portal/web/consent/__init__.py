"""Consent: the ways to Microsoft, the way back, and what became of a trip."""
