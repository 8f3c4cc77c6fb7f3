"""What is known of From before a mail: whose address it is, and what last held it."""

from portal import db
from portal.errors import Deferred, IssuerError, NotConnected
from portal.explanations import EVERY, Explanation, exchange, own, sign_in, smtp
from portal.explanations.google import gmail
from portal.explanations.graph import SPREADING
from portal.mail import lanes
from portal.mail.lanes import Hold
from portal.mail.message import address
from portal.watch.verify import preflight
from portal.watch.verify.grant import SPREADS
from portal.watch.verify.setup import Setup
from portal.workspace.accounts.servers import Authentication
from portal.workspace.verification import Name, Outcome, Step, skipped, well

# What the steps before have shown to be over, whoever signs in.
OVER = frozenset(
    row.name for row in vars(sign_in).values() if isinstance(row, Explanation)
) | {own.NOT_CONNECTED.name, own.OTHER_APPLICATION.name}

# What a server denies that has just signed us in.
DENIED = frozenset(
    row.name
    for row in (
        *(exchange.BAD_SIGN_IN, exchange.SWITCHED_OFF, exchange.NO_PASSWORDS),
        *(exchange.NOT_FOR_MAILBOX, gmail.NOT_FOR_MAILBOX, gmail.BAD_SIGN_IN),
        *(gmail.BY_BROWSER, smtp.NO_SIGN_IN, smtp.NO_TOKEN, smtp.NOT_OFFERED),
    )
)

NO_SENDER = "There is no From address yet."
ANY_SENDER = "It sends as whatever address a message names, so a test mail shows it."
AT_SERVER = "It is the address that signs in at the server."
BY_SMTP = (
    "It leaves by an SMTP server, which tells only of a mail what it takes, so a test"
    " mail shows it."
)
BY_GMAIL = (
    "Gmail takes any From, and puts the user's own address in its place unless it is"
    " one of theirs in Gmail, under Send mail as. What arrives of a test mail shows it."
)
AS_TRIED = "So it was when it was last tried. A test mail tries it at once."
BY_TEST = "A test mail shows it."


def look(given: Setup) -> tuple[Step, ...]:
    """Look what From is, unless something holds it that nobody has ended yet."""
    held = _held(given)
    if held:
        return (held,)
    return (_by_server(given) if given.server else _by_graph(given),)


def _by_server(given: Setup) -> Step:
    sender = given.account.sender or ""
    if address.same(sender, given.username):
        return well(Name.SENDER, AT_SERVER)
    return skipped(Name.SENDER, BY_GMAIL if given.by_google else BY_SMTP)


def _by_graph(given: Setup) -> Step:
    sender = given.account.sender
    if sender is None and given.account.by_application:
        return skipped(Name.SENDER, ANY_SENDER)
    if sender is None:
        raise NotConnected(NO_SENDER)
    try:
        found = preflight.look(given.account, sender)
    except (Deferred, IssuerError) as error:
        if error.cause == SPREADING.name:
            return skipped(Name.SENDER, SPREADS.format(issuer=given.named))
        raise
    if found.proven:
        return well(Name.SENDER, found.told, command=found.command)
    hint = "" if found.right else BY_TEST
    return skipped(Name.SENDER, found.told, hint=hint, command=found.command)


def _held(given: Setup) -> Step | None:
    """Tell what holds the account; what is over by now is tried with the next mail."""
    with db.session() as session:
        # Looked at anew: a renewed sign-in has released what it held.
        hold = lanes.holding(session, given.id)
        over = hold is not None and _over(given, hold)
        if over:
            lanes.probe(session, given.id)
    if hold is None or hold.since is None or over:
        return None
    return _step(hold)


def _over(given: Setup, hold: Hold) -> bool:
    """Tell whether the steps before have shown that it holds the account no more."""
    server = given.server
    signs_in = server and server.authentication != Authentication.NONE
    return hold.cause in OVER or bool(signs_in and hold.cause in DENIED)


def _step(hold: Hold) -> Step:
    known = hold.cause in EVERY
    return Step(
        name=Name.SENDER,
        outcome=Outcome.FAILED,
        said=hold.reason,
        hint=AS_TRIED if known else "",
        cause=hold.cause,
        command=hold.command,
    )
