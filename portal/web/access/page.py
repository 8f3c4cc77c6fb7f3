"""The page of API keys: which there are, what each may do, and how one is used."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import render_template

from portal import config, db
from portal.mail.spelling import ANY
from portal.web.access import example
from portal.web.access.form import KeyForm
from portal.web.language import gettext as _
from portal.web.language import ngettext, number
from portal.web.messages import measures
from portal.web.session import guard
from portal.workspace import accounts
from portal.workspace.accounts import Account
from portal.workspace.people import keys
from portal.workspace.people.keys import Key
from portal.workspace.people.limits import NONE, Limits


@dataclass(frozen=True, kw_only=True)
class Row:
    """One key of the list."""

    key: Key
    limits: list[str]


@dataclass(frozen=True, kw_only=True)
class Created:
    """A key that was just made, with the secret that nothing else ever shows."""

    name: str
    secret: str = field(repr=False)
    limits: Limits


def show(
    form: KeyForm | None = None,
    created: Created | None = None,
    template: str = "keys/index.html",
    **more: Any,
) -> str:
    """Return the page as it is now; living keys first, of each kind the newest."""
    form = form or KeyForm(formdata=None)
    with db.reading() as session:
        known, every = accounts.every(session), keys.every(session)
    form.offer(known, NONE)
    newest = sorted(every, key=lambda key: key.created_at, reverse=True)
    newest.sort(key=lambda key: key.revoked_at is not None)
    return render_template(
        template,
        form=form,
        rows=[Row(key=key, limits=words(key.limits, known)) for key in newest],
        created=created,
        example=_example(created.limits if created else NONE, known),
        **more,
    )


def find(key_id: UUID) -> Key:
    """Return a key, revoked or not; raise NotFound."""
    with db.reading() as session:
        return keys.by_id(session, key_id)


def words(limits: Limits, known: list[Account]) -> list[str]:
    """Say each limit in the language of the page; none: an empty list."""
    names = {each.id: each.name for each in known}
    gone, told = _("an account that is gone"), []
    if limits.accounts:
        allowed = ", ".join(names.get(each, gone) for each in limits.accounts)
        told.append(_("Account: %(accounts)s") % {"accounts": allowed})
    if limits.senders:
        allowed = ", ".join(map(_sender, limits.senders))
        told.append(_("From: %(senders)s") % {"senders": allowed})
    if count := limits.per_minute:
        said = ngettext(
            "%(count)s message a minute", "%(count)s messages a minute", count
        )
        told.append(said % {"count": number(count)})
    if limits.max_size:
        size = measures.size(limits.max_size)
        told.append(_("Up to %(size)s a message") % {"size": size})
    return told


def _sender(sender: str) -> str:
    if not sender.startswith(ANY):
        return sender
    return _("any address %(domain)s") % {"domain": sender}


def _example(limits: Limits, known: list[Account]) -> dict[str, Any]:
    settings = config.current()
    return {
        "curl": example.curl(settings, guard.admin().address, limits, known),
        "doors": example.doors(settings),
    }
