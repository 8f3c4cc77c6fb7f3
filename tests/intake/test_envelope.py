"""A finished mail in an envelope: who gets it, and whether the account minds."""

from uuid import UUID

import pytest

from portal import db
from portal.accept import Caller
from portal.config import Config
from portal.errors import Conflict, NotAllowed
from portal.intake import desk
from portal.intake.cover import Cover
from portal.mail.outbox import records
from portal.workspace import accounts
from portal.workspace.accounts import Envelope
from tests import stored
from tests.delivery.steps import work
from tests.sandbox.serving import Sandbox

CALLER = Caller(name="a relay")
BEN, CLEO = "ben@x.example", "cleo@x.example"


def mail(*to: str, bcc: str = "") -> bytes:
    hidden = f"Bcc: {bcc}\r\n" if bcc else ""
    return f"To: {', '.join(to)}\r\n{hidden}Subject: Report\r\n\r\nWell.\r\n".encode()


def envelope(message_id: str) -> records.Envelope:
    with db.reading() as session:
        return records.envelope(session, UUID(message_id))


def choose(choice: Envelope) -> None:
    with db.session() as session:
        accounts.decide_envelope(session, accounts.find(session).id, choice)


def test_a_relay_that_splits_a_mail_makes_one_copy_for_each(
    contoso: Config, sandbox: Sandbox
) -> None:
    people = [f"p{number}@x.example" for number in range(120)]

    for some in (people[:50], people[50:100], people[100:]):
        desk.take(mail(*people, bcc=BEN), CALLER, cover=Cover(recipients=some))
    work()

    mails = sandbox.mails()
    copies = [each for m in mails for name in ("to", "cc", "bcc") for each in m[name]]
    assert len(mails) == 3
    assert sorted(copies) == sorted(people)
    for each in mails:
        seen = each["headers"]["To"] + each["headers"]["X-Original-To"]
        assert all(one in seen for one in people)
        assert not any(
            one in each["headers"]["To"] for one in {*people} - {*each["to"]}
        )


def test_one_envelope_after_the_other_decides(house: Config) -> None:
    receipt = desk.take(
        mail(BEN, bcc="eve@x.example"), CALLER, cover=Cover(recipients=[CLEO])
    )

    known = envelope(receipt.id)
    assert (known.to, known.cc, known.bcc) == ((), (), (CLEO,))


def test_without_an_envelope_a_bcc_header_names_recipients(house: Config) -> None:
    receipt = desk.take(mail(BEN, bcc=CLEO), CALLER)

    known = envelope(receipt.id)
    assert (known.to, known.cc, known.bcc) == ((BEN,), (), (CLEO,))


@pytest.mark.parametrize(
    ("header", "recipients"),
    [(mail(BEN), [BEN, CLEO]), (mail(BEN, CLEO), [BEN]), (mail(BEN, bcc=CLEO), [BEN])],
)
def test_an_account_may_refuse_what_differs(
    house: Config, header: bytes, recipients: list[str]
) -> None:
    choose(Envelope.REFUSE)

    with pytest.raises(NotAllowed, match="names others than its envelope"):
        desk.take(header, CALLER, cover=Cover(recipients=recipients))

    assert stored.rows() == 0


def test_what_does_not_differ_is_not_refused(house: Config) -> None:
    choose(Envelope.REFUSE)

    desk.take(mail(BEN, bcc=CLEO), CALLER, cover=Cover(recipients=[CLEO, BEN]))
    desk.take(mail(BEN, bcc=CLEO), CALLER)

    assert stored.rows("message") == 2


def test_the_same_mail_in_another_envelope_is_another(house: Config) -> None:
    once = Caller(name="a relay", idempotency_key="1")
    first = desk.take(mail(BEN, CLEO), once, cover=Cover(recipients=[BEN]))

    assert (
        desk.take(mail(BEN, CLEO), once, cover=Cover(recipients=[BEN])).id == first.id
    )
    for other in ([CLEO], [BEN, CLEO], [BEN, "dan@x.example"]):
        with pytest.raises(Conflict):
            desk.take(mail(BEN, CLEO), once, cover=Cover(recipients=other))
