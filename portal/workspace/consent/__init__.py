"""Consent: what was asked for, and the trips to Microsoft that approve it."""
