"""Graph v1.0 as far as sending mail needs it, with Exchange's rights and limits."""
