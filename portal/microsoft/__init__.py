"""Microsoft's side: its sign-in, its Graph, and what its refusals mean."""
