"""People and programs that may do something here: keys, sessions, roles."""
