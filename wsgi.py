"""For any WSGI server: `wsgi:app`."""

from portal.app import create_app

app = create_app()
