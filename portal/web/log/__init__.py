"""The mail log: Mail Server Logs, each line with the settings that it was made with."""
