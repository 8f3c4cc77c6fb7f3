"""Tenant Settings: what is in force, what somebody wants instead, and a test of it."""
