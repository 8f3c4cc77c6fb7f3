"""App registration: what Microsoft knows the portal as, and what proves it."""
