"""What keeps an installation safe over the years: new keys, and backups."""
