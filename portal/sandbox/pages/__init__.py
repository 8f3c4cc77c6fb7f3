"""What a person or a test sees of the sandbox: mails, accounts, faults, errors."""
