"""The pages, seen by a real browser."""
