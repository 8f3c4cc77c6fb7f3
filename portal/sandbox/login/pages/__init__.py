"""What people see of Entra: who signs in, consents, approves, types in a code."""
