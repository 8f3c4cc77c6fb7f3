"""Why Google refuses: at its sign-in, and at Gmail."""
