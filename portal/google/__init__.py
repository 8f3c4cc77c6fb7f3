"""Google as an issuer: its sign-in for Google Workspace, and what its answers mean."""
