"""A finished mail taken apart: what comes, is read once, and is kept as it stands."""

from portal.mail.mime.apart.envelope import Envelope
from portal.mail.mime.apart.recipients import Recipients
from portal.mail.mime.apart.splitter import Splitter
from portal.mail.mime.apart.unpack import unpacked
from portal.mail.mime.apart.written import written

__all__ = ["Envelope", "Recipients", "Splitter", "unpacked", "written"]
