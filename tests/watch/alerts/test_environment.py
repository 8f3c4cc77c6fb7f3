"""The channel of the environment: told like the others, and gone when it is unset."""

from dataclasses import replace
from uuid import UUID

import pytest

from portal import config, db
from portal.errors import NotAllowed
from portal.workspace.incidents import channels
from portal.workspace.incidents.channels import SETTING, Channel, ChannelRow, Way
from tests.conftest import Passing
from tests.microsoft.scripted import Server, reply
from tests.watch.alerts import steps

SLACK = "https://hooks.slack.com/services/T000/B000/geheim-tail"
TEAMS = "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=geheim-sign"


def name(url: str) -> None:
    """Let the environment name a webhook; "" lets it name none."""
    config.use(replace(config.current(), alert_webhook=url))


def every() -> list[Channel]:
    with db.reading() as session:
        return channels.every(session)


def test_it_is_told_what_every_channel_is(account: UUID, receiver: Server) -> None:
    name(receiver.url)
    steps.look()

    steps.hold(account)
    steps.look_and_tell()
    steps.release(account)
    steps.look_and_tell()

    assert steps.states(receiver) == ["opened", "recovered"]


def test_it_is_tried_again_like_the_others(
    account: UUID, receiver: Server, passes: Passing
) -> None:
    name(receiver.url)
    receiver.will(reply(503))
    steps.look()
    steps.hold(account)
    steps.look_and_tell()
    assert every()[0].failure == "127.0.0.1 answered 503."

    passes(minutes=1)
    steps.tell()

    assert steps.states(receiver) == ["opened", "opened"]
    assert every()[0].failed_at is None


@pytest.mark.parametrize(
    ("url", "way", "place"),
    [
        (SLACK, Way.SLACK, "hooks.slack.com …tail"),
        (TEAMS, Way.TEAMS, "prod-1.westeurope.logic.azure.com …sign"),
    ],
)
def test_its_row_says_what_it_is_and_never_its_address(
    account: UUID, url: str, way: Way, place: str
) -> None:
    name("https://alerts.contoso.example/before")
    steps.look()
    name(url)

    steps.look()

    [channel] = every()
    assert (channel.name, channel.way, channel.place) == (SETTING, way, place)
    with db.reading() as session:
        row = session.get_one(ChannelRow, channel.id)
        assert row.sealed_address == row.sealed_secret == b""


def test_unset_it_goes_at_once_where_no_other_machine_can_name_it(
    account: UUID, passes: Passing
) -> None:
    name(SLACK)
    steps.look()
    name("")

    steps.look()
    assert len(every()) == (0 if db.local() else 1)

    passes(hours=1)
    steps.look()
    assert every() == []


def test_a_machine_that_names_it_keeps_it_beside_those_that_do_not(
    account: UUID, passes: Passing
) -> None:
    for _ in range(9):
        name(SLACK)
        steps.look()
        passes(minutes=11)

    assert len(every()) == 1


def test_who_does_not_know_its_address_leaves_it_to_who_does(
    account: UUID, receiver: Server
) -> None:
    name(receiver.url)
    steps.look()
    steps.hold(account)
    steps.look()

    name("")
    steps.tell()
    assert receiver.requests == []

    name(receiver.url)
    steps.tell()
    assert steps.states(receiver) == ["opened"]


def test_nobody_removes_it_or_takes_its_name(account: UUID) -> None:
    with pytest.raises(NotAllowed, match="There is a channel named"):
        steps.channel(name=SETTING)
    name(SLACK)
    steps.look()

    with pytest.raises(NotAllowed, match="set by the environment"), db.session() as s:
        channels.remove(s, channels.ENVIRONMENT)
