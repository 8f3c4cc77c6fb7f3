"""The pages: what people see and decide."""
