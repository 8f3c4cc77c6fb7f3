"""The switch of an account: what waits for one that is off goes once it is on again."""

from sqlalchemy.orm import Session

from portal import config
from portal.mail import lanes
from portal.mail.outbox import overdue
from portal.workspace import accounts, connections, in_force
from portal.workspace.accounts import Account, roster, servers
from portal.workspace.consent import submission

ON = "It was switched on."
OFF = "The account is switched off. Please switch it on: portal accounts enable NAME"


def off(session: Session, account: Account) -> None:
    """Take no mail for an account, and send none; raise NotAllowed for the default."""
    roster.spare(session, account)
    accounts.enable(session, account.id, enabled=False)
    lanes.close(session, account.id, OFF)


def on(session: Session, account: Account) -> None:
    """Take mail for an account again, and let go what waited for it."""
    accounts.enable(session, account.id, enabled=True)
    connection = connections.find(session, account.id)
    if account.by_smtp:
        server = servers.of(session, account.id)
        accounts.move(session, account.id, server)
        submission.wait(session, account)
    elif account.by_application or connection:
        key = connection.lane_key if connection else account.lane_key
        in_flight = config.current().requests_in_flight
        lanes.route(session, account.id, key, in_flight)
    else:
        # It waits for its connection, as before.
        lanes.close(session, account.id)
    overdue.release(session, account.id, ON, in_force.take(session, account.id))
