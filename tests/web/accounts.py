"""Mail accounts of every kind, as the list of them shows each."""

from dataclasses import replace
from uuid import UUID

from portal.explanations import tell
from portal.explanations.graph import NO_ACCESS
from portal.web.accounts.listing import Row
from portal.workspace.accounts import (
    Account,
    Letterhead,
    Server,
    Way,
    WhenUnsure,
)
from portal.workspace.accounts.servers import Authentication, Security
from tests.web.standings import ADMIN

GRAPH = Account(
    id=UUID(int=1),
    name="default",
    transport="graph",
    sender="noreply@contoso.example",
    is_default=True,
    enabled=True,
    large_attachments=False,
    version=2,
    changed_at=None,
    changed_by=ADMIN,
    reset_at=None,
    when_unsure=WhenUnsure.ASK,
)
BRANCH = replace(
    GRAPH,
    id=UUID(int=2),
    name="Branch office relay",
    transport="smtp",
    way=Way.SMTP_PASSWORD,
    sender="branch@contoso.example",
    senders=("branch@contoso.example",),
    is_default=False,
    letterhead=Letterhead(reply_to="answers@contoso.example", footer=True),
)
ARCHIVE = replace(
    GRAPH,
    id=UUID(int=3),
    name="Archive exporter",
    way=Way.APPLICATION,
    sender="archive@contoso.example",
    senders=("archive@contoso.example", "@archive.contoso.example"),
    is_default=False,
)
SERVER = Server(
    host="smtp.example.com",
    port=587,
    authentication=Authentication.PASSWORD,
    username="branch@contoso.example",
    password="geheim",
)
ROWS = [
    Row(
        account=GRAPH,
        senders="noreply@contoso.example",
        state="Connected",
        told=None,
        username="reports@contoso.example",
        server=None,
    ),
    Row(
        account=BRANCH,
        senders="branch@contoso.example",
        state="Active",
        told=None,
        username=SERVER.username,
        server=SERVER,
    ),
    Row(
        account=ARCHIVE,
        senders="archive@contoso.example, any address of archive.contoso.example",
        state="Needs attention",
        told=tell(NO_ACCESS.sentence, NO_ACCESS.name),
        username="",
        server=None,
    ),
    Row(
        account=replace(
            BRANCH,
            id=UUID(int=4),
            name="Old provider",
            way=Way.SMTP_APPLICATION,
            enabled=False,
        ),
        senders="office@contoso.example",
        state="Off",
        told=None,
        username="office@contoso.example",
        server=replace(
            SERVER,
            host="smtp.office365.com",
            authentication=Authentication.OAUTH,
            security=Security.STARTTLS,
        ),
    ),
]
