"""Every mail of the corpus from another address, as JSON: what is lost is told."""

from portal.config import Config
from portal.mail.outbox import State
from tests.corpus import carried, journey, mails
from tests.sandbox.serving import Sandbox

REASONS = {
    "signed or encrypted": {
        *("pgp signed", "pgp encrypted", "pgp signed with a footer"),
        *("smime signed", "smime signed as one", "smime encrypted"),
    },
    "the structure multipart/report": {"undelivered", "read"},
    "the structure multipart/digest": {"a digest"},
    "a part that cannot be read (x/y, x-uuencode)": {"an unknown encoding"},
}
HELD = {name: reason for reason, names in REASONS.items() for name in names}


def test_json_carries_a_mail_or_says_what_it_left_out(
    house: Config, sandbox: Sandbox
) -> None:
    sender = journey.connected("json", house, sandbox)
    brought = mails.sent_from(mails.every(), sender)

    arrived = journey.travelled(brought, journey.http(), sandbox)

    lost = {name: carried.lost(brought[name], arrived[name]) for name in brought}
    assert {
        name: what for name, what in lost.items() if what and name not in HELD
    } == {}
    for name, reason in HELD.items():
        assert arrived[name].record.state == State.HELD
        assert reason in arrived[name].record.reason
