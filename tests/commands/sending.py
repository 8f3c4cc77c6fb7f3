"""One mail from the command line, and how it ends."""

from uuid import UUID

from portal.delivery.worker import Worker
from tests.postman import Postman
from tests.terminal import portal


def send_one(*answers: Exception) -> UUID:
    """Send a mail, and let it end as told."""
    ran = portal("send", "--to", "jane@example.com")
    Worker({"graph": Postman(*answers)}).work_once()
    return UUID(ran.out.split()[0])
