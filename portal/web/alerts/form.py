"""The forms of a channel: a webhook, or a mailbox that an account writes to."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import Field, Form, StringField, ValidationError

from portal.watch.alerts import webhooks
from portal.web.forms import read_address
from portal.web.language import gettext as _
from portal.web.language import said
from portal.workspace.accounts import Account
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import Way, Wish

HOOKS = (Way.SLACK.value, Way.TEAMS.value, Way.WEBHOOK.value)


class ChannelForm(Form):
    """What both have; whether a name is free is told by whoever adds it."""

    name = StringField()

    def validate_name(self, field: Field) -> None:
        field.data = (field.data or "").strip()
        if not field.data:
            raise ValidationError(_("Please give it a name."))


class HookForm(ChannelForm):
    """A webhook that is to be told."""

    address = StringField()
    way = StringField()  # empty: its host tells

    def validate_address(self, field: Field) -> None:
        field.data = (field.data or "").strip()
        if fault := channels.fault_of(field.data):
            raise ValidationError(said(fault))

    def validate_way(self, field: Field) -> None:
        if field.data and field.data not in HOOKS:
            raise ValidationError(_("Please choose one of these."))

    def wish(self) -> Wish:
        """Return what was typed, once it is valid."""
        url, way = self.address.data or "", self.way.data
        return Wish(
            name=self.name.data or "",
            way=Way(way) if way else webhooks.guess(url),
            target=url,
        )


class MailboxForm(ChannelForm):
    """A mailbox that is to be told."""

    to = StringField()
    account = StringField()
    offered: dict[str, str]  # accounts: their names by their ids

    def offer(self, known: Sequence[Account]) -> None:
        """Let one choose among the accounts that are on."""
        self.offered = {str(each.id): each.name for each in known if each.enabled}

    def validate_to(self, field: Field) -> None:
        field.data = read_address(field.data, _("Please say whom to tell."))

    def validate_account(self, field: Field) -> None:
        if field.data not in self.offered:
            raise ValidationError(_("This account is not there any more."))

    def wish(self) -> Wish:
        """Return what was typed, once it is valid."""
        return Wish(
            name=self.name.data or "",
            way=Way.MAIL,
            target=self.to.data or "",
            account_id=UUID(self.account.data),
        )
