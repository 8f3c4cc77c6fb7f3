"""Every explanation belongs to a topic that the mail log is searched by."""

import pytest

from portal import explanations
from portal.explanations import EVERY, Topic, exchange, graph, network, own, sign_in
from portal.explanations import smtp as answered


@pytest.mark.parametrize("name", EVERY)
def test_every_row_has_a_topic(name: str) -> None:
    assert explanations.topic(name) in set(Topic)


def test_a_topic_follows_from_who_answered_or_from_what_was_met() -> None:
    told = {
        network.UNRESOLVED: Topic.DNS,
        network.TIMED_OUT: Topic.TIME_OUT,
        network.UNTRUSTED: Topic.TLS,
        network.REFUSED: Topic.CONNECTION,
        answered.NO_SIGN_IN: Topic.SMTP,
        exchange.BAD_SIGN_IN: Topic.SMTP,
        sign_in.NO_REDIRECT_URI: Topic.OAUTH,
        graph.MAILBOX_FULL: Topic.GRAPH,
        graph.THROTTLED: Topic.THROTTLING,
        own.OVER: Topic.PORTAL,
    }

    assert {row: explanations.topic(row.name) for row in told} == told


def test_what_has_no_row_has_no_topic() -> None:
    assert explanations.topic("") == ""
    assert explanations.topic("something-of-a-later-version") == ""
