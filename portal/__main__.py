"""`python -m portal` is the command `portal`."""

from portal.commands import main

main()
