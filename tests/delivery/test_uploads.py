"""Files beside a draft: each arrives once and whole, whatever happens on the way."""

from uuid import UUID

import pytest

from portal import db
from portal.config import Config
from portal.mail import transfers
from portal.mail.mime import base64_size
from portal.mail.outbox import State, decisions
from portal.mail.transfers import Progress
from portal.microsoft.attachments import RANGE
from tests.delivery.drafting import ADMIN, NOREPLY, go_on, kept
from tests.delivery.dying import die
from tests.delivery.steps import record, work
from tests.delivery.uploading import LARGE, arrived, file, looks, send
from tests.sandbox.serving import Sandbox
from tests.trip import connect_large

PUT, POST_FILE, OPEN = "PUT ", "/attachments ", "/createUploadSession "


def uploaded(microsoft: Sandbox) -> int:
    """Return how many bytes of ranges Microsoft has taken."""
    return sum(c["bytes"] for c in microsoft.calls(PUT) if c["status"] in (200, 201))


def progress(message: UUID) -> Progress | None:
    with db.reading() as session:
        return transfers.progress(session, message)


@pytest.fixture
def own(house: Config, sandbox: Sandbox) -> Sandbox:
    """Connect as admin@ with large file attachments, to send as itself."""
    connect_large(house, sandbox, ADMIN, ADMIN)
    return sandbox


def test_twelve_megabytes_take_four_requests(own: Sandbox) -> None:
    message = send(file(12 * 1024 * 1024), html="<p>Well.", headers={"X-One": "1"})

    work()

    [mail] = own.mails()
    assert record(message).state == State.SENT
    assert arrived(own) == [looks(12 * 1024 * 1024)]
    assert (mail["text"].strip(), mail["html"].strip()) == ("Well.", "<p>Well.")
    assert mail["headers"]["X-One"] == "1"
    assert len(own.calls(PUT)) == 4
    assert max(c["bytes"] for c in own.calls()) <= 4_000_000
    assert not any("PATCH" in c["method"] for c in own.calls())


def test_another_address_sends_files_too(drafting: Sandbox) -> None:
    send(file(LARGE))

    work()

    assert drafting.mails()[0]["from"] == NOREPLY
    assert arrived(drafting) == [looks(LARGE)]


def test_no_more_goes_beside_a_mail_than_must(own: Sandbox) -> None:
    files = [
        file(1000, "s.bin", 2),
        file(LARGE, "l.bin", 3),
        file(2_900_000, "m.bin", 4),
    ]
    send(*files)

    work()

    assert sorted(arrived(own)) == sorted(
        [
            looks(1000, "s.bin", 2),
            looks(LARGE, "l.bin", 3),
            looks(2_900_000, "m.bin", 4),
        ]
    )
    assert len(own.calls(OPEN)) == 1
    posted = [c for c in own.calls(POST_FILE) if c["method"] == "POST"]
    assert len(posted) == 1  # below 3 MB, in one request


def test_an_image_that_the_html_shows_stays_one(own: Sandbox) -> None:
    image = file(LARGE, "logo.png", content_type="image/png", content_id="logo")
    send(image, html='<img src="cid:logo">')

    work()

    [shown] = own.mails()[0]["attachments"]
    assert (shown["inline"], shown["content_id"]) == (True, "logo")
    assert shown["sha256"] == looks(LARGE, "logo.png")[2]


def test_what_lies_between_two_limits_goes_by_either(own: Sandbox) -> None:
    send(file(3_000_000), file(3_100_000, "b.bin", 2))

    work()

    assert len(arrived(own)) == 2


def test_a_blind_copy_stays_blind(own: Sandbox) -> None:
    send(file(LARGE), bcc="boss@example.com")

    work()

    [mail] = own.mails()
    assert mail["bcc"] == ["boss@example.com"]
    assert "Bcc" not in mail["headers"]


def test_it_tells_how_far_it_has_come(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(file(LARGE))
    assert progress(message) is None

    die(monkeypatch, "advanced")

    halfway = progress(message)
    assert halfway is not None
    assert (halfway.done, halfway.total) == (RANGE, LARGE)
    assert halfway.percent == round(100 * RANGE / LARGE, 1)


STEPS = [
    *("prepared", "planned", "kept", "enclosed", "opened"),
    *("unwritten", "advanced", "begun"),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("silent", [False, True])
def test_whoever_dies_leaves_one_mail_with_its_files(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, step: str, *, silent: bool
) -> None:
    if silent:
        own.fault("session-silent", times=None)
    message = send(file(LARGE), file(LARGE, "b.bin", 2))
    die(monkeypatch, step)

    go_on(monkeypatch)

    assert record(message).state == State.SENT
    assert arrived(own) == [looks(LARGE), looks(LARGE, "b.bin", 2)]
    assert [each for each in kept(message) if each.draft] == []


@pytest.mark.parametrize("step", ["opened", "unwritten", "advanced"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_no_range_is_sent_twice(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, step: str, after: int
) -> None:
    send(file(LARGE), file(LARGE, "b.bin", 2))
    die(monkeypatch, step, min(after, 1) if step == "opened" else after)

    go_on(monkeypatch)

    assert len(arrived(own)) == 2
    assert uploaded(own) == 2 * LARGE


def test_two_files_of_one_name_both_arrive(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(file(LARGE), file(LARGE, seed=2), file(2_000, seed=3))
    die(monkeypatch, "unwritten", 1)  # the first is complete, and nobody knows

    go_on(monkeypatch)

    assert sorted(arrived(own)) == sorted(
        [looks(LARGE), looks(LARGE, seed=2), looks(2_000, seed=3)]
    )


FAULTS = ["429", "503", "504", "401", "gateway", "error", "200"]
BREAKS = ["reset-early", "reset-body", "dropped", "dropped-accepted", "truncated"]
LATE = ["504-accepted", "truncated-accepted", "keepalive-closed"]


@pytest.mark.parametrize("fault", FAULTS + BREAKS + LATE)
@pytest.mark.parametrize("only", [OPEN, PUT, POST_FILE])
def test_a_fault_on_the_way_costs_nothing_but_time(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: str, only: str
) -> None:
    own.fault(fault, only=only)
    message = send(file(LARGE), file(2_500_000, "b.bin", 2))

    work()
    go_on(monkeypatch)

    assert record(message).state == State.SENT
    assert arrived(own) == [looks(LARGE), looks(2_500_000, "b.bin", 2)]


def test_a_session_that_ends_early_begins_anew_on_the_same_draft(
    own: Sandbox,
) -> None:
    own.fault("session-expires", after_ranges=1)
    message = send(file(LARGE))

    work()

    assert record(message).attempts == 1
    assert arrived(own) == [looks(LARGE)]
    assert len(own.calls("POST /v1.0/me/messages ")) == 1


def test_keys_may_be_written_otherwise(own: Sandbox) -> None:
    own.fault("keys-vary", times=None)
    send(file(3 * RANGE))

    work()

    assert arrived(own) == [looks(3 * RANGE)]


def test_no_mail_goes_to_a_host_that_is_not_microsofts(own: Sandbox) -> None:
    own.fault("upload-elsewhere")
    message = send(file(LARGE))

    work()

    assert record(message).state == State.HELD
    assert "uploads.example.invalid" in record(message).reason
    assert own.calls(PUT) == []


def test_what_the_mailbox_refuses_is_held_until_its_limit_is_raised(
    own: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(file(20_000_000), file(20_000_000, "b.bin", 2))

    work()

    assert record(message).state == State.HELD
    assert "Set-Mailbox" in record(message).reason
    assert kept(message) == []  # no draft of 40 MB is left there

    own.fault("large-messages", times=None)
    with db.session() as session:
        decisions.retry(session, message, "Ann")
    work()

    assert record(message).state == State.SENT
    assert len(arrived(own)) == 2


def test_a_token_that_ends_on_the_way_is_renewed(own: Sandbox) -> None:
    own.fault("401", times=1, only=POST_FILE)
    message = send(file(LARGE), file(2_500_000, "b.bin", 2))

    work()

    assert record(message).attempts == 1
    assert uploaded(own) == LARGE


def test_base64_size_is_what_it_says() -> None:
    assert [base64_size(n) for n in (0, 1, 3, 4)] == [0, 4, 4, 8]
