"""For any WSGI server: `wsgi:app`."""

from portal import config, net
from portal.app import create_app

app = create_app(config.begin(net.check))
