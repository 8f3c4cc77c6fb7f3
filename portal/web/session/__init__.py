"""Who is at the other end: the marks browsers keep, the guard, the way to Microsoft."""
