"""What is coming up: whatever needs a human now or soon, each with its button."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import Session
from portal.errors import Need
from portal.mail import permits
from portal.mail.outbox import State, overdue, records
from portal.web.language import date, gettext, ngettext, number, said
from portal.web.language import gettext as _
from portal.workspace import expiry, incidents, standing
from portal.workspace.accounts import Account, places
from portal.workspace.expiry import Ending, Kind
from portal.workspace.incidents import Condition
from portal.workspace.standing import Brief, Outline

OVERVIEW = "/"
# What no other item tells of.
UNTOLD = {
    incidents.Kind.QUEUE_STUCK,
    incidents.Kind.FAILURE_RATE,
    incidents.Kind.FALLBACK_IN_USE,
    incidents.Kind.LITTLE_SPACE,
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One of them."""

    icon: str
    title: str
    told: str
    button: str = ""
    about: str = ""  # read out behind the button's word
    link: str = ""
    look: str = "warn"


def coming(
    session: Session,
    every: list[Account],
    stuck: Mapping[State, int],
    since: Mapping[UUID, datetime],
) -> list[Item]:
    """Return what comes up: what stops all mail first, then messages, then ends.

    `since` is how long the oldest message of each account has been due.
    """
    known, pages = _troubles(session), places.repairs(session, every)
    named = {each.subject for each in known}
    others = [each for each in every if str(each.id) not in named]
    briefs = standing.briefs(session, others, since)
    return [
        *(_trouble(each) for each in known),
        *(
            item
            for each in others
            for tell in (_account, _renamed)
            for item in tell(each, briefs[each.id], pages[each.id])
        ),
        *_messages(session, pages, stuck),
        *(_ending(each) for each in expiry.warnings(session)),
    ]


def _troubles(session: Session) -> list[Condition]:
    """Return what goes on and is told of nowhere else on the page."""
    every = (each.condition for each in incidents.going_on(session))
    return [each for each in every if each.kind in UNTOLD]


def _trouble(condition: Condition) -> Item:
    title, elsewhere = said(condition.title), condition.link != OVERVIEW
    return Item(
        icon="warning",
        look="bad",
        title=title,
        told=said(condition.why),
        button=_("Open") if elsewhere else "",
        about=title,
        link=condition.link if elsewhere else "",
    )


def _account(account: Account, brief: Brief, page: str) -> Iterator[Item]:
    outline = brief.outline
    if outline == Outline.CONNECTED or not account.enabled:
        return
    if outline == Outline.NOT_CONNECTED and not account.is_default:
        return
    titles = {
        Outline.NOT_CONNECTED: _("%(account)s is not connected yet"),
        Outline.NEEDS_ATTENTION: _("%(account)s sends nothing now"),
    }
    yield Item(
        icon="unlinked",
        look="bad",
        title=titles[outline] % {"account": account.name},
        told=said(brief.reason),
        button=_("Open"),
        about=account.name,
        link=page,
    )


def _renamed(account: Account, brief: Brief, page: str) -> Iterator[Item]:
    connection = brief.connection
    if account.enabled and connection and connection.left_behind(account.sender):
        yield Item(
            icon="question",
            title=_("The mailbox %(former)s is now called %(name)s")
            % {"former": account.sender, "name": connection.address},
            told=_("Say whether From follows"),
            button=_("Decide"),
            about=_("about From of %(account)s") % {"account": account.name},
            link=page,
        )


def _messages(
    session: Session, pages: Mapping[UUID, str], stuck: Mapping[State, int]
) -> Iterator[Item]:
    large = permits.counts(session, Need.LARGE_ATTACHMENTS)
    old = {each: aside.count for each, aside in overdue.every(session).items()}
    for account_id, page in pages.items():
        yield from _large(large.get(account_id, 0), page)
        yield from _old(old.get(account_id, 0), page)
    counted = sum(large.values()) + sum(old.values())
    yield from _held(stuck.get(State.HELD, 0) - counted)
    yield from _unconfirmed(session, stuck.get(State.UNCONFIRMED, 0))


def _large(count: int, page: str) -> Iterator[Item]:
    if count:
        yield Item(
            icon="clip",
            title=ngettext(
                "%(count)s message is too large",
                "%(count)s messages are too large",
                count,
            )
            % {"count": number(count)},
            told=_("Held until you allow large files"),
            button=_("Allow"),
            about=_("large file attachments"),
            link=page,
        )


def _old(count: int, page: str) -> Iterator[Item]:
    if count:
        yield Item(
            icon="clock",
            title=ngettext(
                "%(count)s message waits for a word",
                "%(count)s messages wait for a word",
                count,
            )
            % {"count": number(count)},
            told=_("Too old to go without one, or of a restored backup"),
            button=_("Decide"),
            about=_("about waiting mail"),
            link=page,
        )


def _held(count: int) -> Iterator[Item]:
    """Tell of what is held for a reason of its own."""
    if count > 0:
        yield Item(
            icon="pause",
            title=ngettext(
                "%(count)s message is held", "%(count)s messages are held", count
            )
            % {"count": number(count)},
            told=_("Each for a reason of its own"),
            button=_("Look"),
            about=_("at held messages"),
            link="/messages?status=held",
        )


def _unconfirmed(session: Session, count: int) -> Iterator[Item]:
    if not count:
        return
    [newest] = records.unsettled(session, [State.UNCONFIRMED], 1)
    yield Item(
        icon="question",
        title=ngettext(
            "%(count)s message may have gone", "%(count)s messages may have gone", count
        )
        % {"count": number(count)},
        told=newest.subject or _("(no subject)"),
        button=_("Decide"),
        about=_("about unconfirmed messages"),
        link=f"/messages/{newest.id}" if count == 1 else "/messages?status=unconfirmed",
    )


def _ending(ending: Ending) -> Item:
    names = {
        Kind.SECRET: _("Client secret"),
        Kind.CERTIFICATE: _("Certificate of the application"),
        Kind.DOOR: _("Certificate of the SMTP door"),
        Kind.SIGN_IN: _("Sign-in"),
    }
    days = max(ending.days or 0, 0)
    ends = ngettext(
        "%(what)s ends in %(count)s day", "%(what)s ends in %(count)s days", days
    )
    title = ends if days else gettext("%(what)s has ended")
    name = names[ending.kind]
    return Item(
        icon="key",
        look="warn" if days else "bad",
        title=title % {"what": name, "count": number(days)},
        told=date(ending.ends_at) if ending.ends_at else "",
        button=_("Renew") if ending.link else "",
        about=name,
        link=ending.link,
    )
