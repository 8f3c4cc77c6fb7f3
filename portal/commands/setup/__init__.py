"""Setting up: the application, a connection, the database."""
