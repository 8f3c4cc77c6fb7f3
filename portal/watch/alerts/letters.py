"""Letters: an event goes by mail, as a message of an account that is well."""

from uuid import UUID

from portal import accept, clock, db
from portal.accept import Caller, Draft, Receipt
from portal.errors import CannotDecrypt, DatabaseAway, NotFound, Refused
from portal.mail import content, lanes, mime
from portal.mail.message import Address, Message
from portal.mail.outbox import Priority
from portal.watch.alerts import payloads
from portal.watch.alerts.webhooks import TAKEN, Verdict
from portal.workspace import accounts
from portal.workspace.accounts import Account
from portal.workspace.incidents.alerts import LIFE, Event
from portal.workspace.incidents.channels import Channel
from portal.workspace.incidents.stages import Stage

CALLER = "alerts"
TAG = "alert"
SUBJECT = "[Mail Portal] {heading}"
LONGEST_SUBJECT = 200  # characters
GONE = "The account that this channel sends by is not there any more."
OFF = "The account {name} is switched off, so no alert leaves by it."
UNWELL = "The account {name} sends nothing itself just now."


def send(channel: Channel, to: str, event: Event) -> Verdict:
    """Have an event sent as a message; of its own account it tells the end alone.

    Accepted once, however often it is asked: then the outbox looks after it.
    """
    told = str(channel.account_id) == event.condition.subject
    if told and event.stage in (Stage.OPENED, Stage.REMINDER):
        return Verdict(taken=False, never=True)
    try:
        account = _account(channel.account_id)
        if why := _trouble(account):
            return Verdict(taken=False, why=why)
        _accept(
            account,
            Caller(name=CALLER, idempotency_key=_key(channel, event)),
            to,
            event,
        )
    except (Refused, CannotDecrypt, DatabaseAway) as error:
        return Verdict(taken=False, why=str(error))
    return TAKEN


def _account(account_id: UUID | None) -> Account:
    if account_id is None:
        raise NotFound(GONE)
    with db.reading() as session:
        try:
            return accounts.living(session, account_id)
        except NotFound as error:
            raise NotFound(GONE) from error


def _trouble(account: Account) -> str:
    if not account.enabled:
        return OFF.format(name=account.name)
    with db.reading() as session:
        hold = lanes.holding(session, account.id)
    return f"{UNWELL.format(name=account.name)} {hold.reason}" if hold else ""


def _key(channel: Channel, event: Event) -> str:
    return f"{event.id}/{channel.id}"


def _accept(account: Account, caller: Caller, to: str, event: Event) -> None:
    message = Message(
        to=to,
        subject=SUBJECT.format(heading=event.heading)[:LONGEST_SUBJECT],
        text=payloads.text(event),
        priority="high",
        tags=[TAG],
    )
    draft = Draft(
        sender="",
        account=account.name,
        to=(to,),
        cc=(),
        bcc=(),
        subject=message.subject,
        priority=Priority.HIGH,
        expires_at=clock.now() + LIFE,
        tags=(TAG,),
        meaning=caller.idempotency_key.encode(),
    )
    with db.session() as session:
        order = accept.check(session, draft, caller)
        if isinstance(order, Receipt):
            return
        skeleton = mime.compose(
            message,
            sender=Address(address=account.sender or ""),
            message_id=order.internet_message_id,
            date=clock.now(),
        )
        upload = content.begin(session, order.message_id)
        for chunk in content.chunks(0, [skeleton]):
            content.add(session, upload, chunk)
        accept.accept(session, order, upload, (len(skeleton),))
