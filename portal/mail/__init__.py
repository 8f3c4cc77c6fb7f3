"""What is sent: a message, its content, and its place in the queue."""
