"""Upload sessions: which host may have the content of mail, and what answers mean."""

from dataclasses import replace

import pytest

from portal import config
from portal.config import Config
from portal.config.clouds import CLOUDS
from portal.errors import Deferred, Rejected, Withheld
from portal.microsoft import attachments, graph
from portal.microsoft.attachments import RANGE, File, SessionGone
from tests.microsoft.scripted import Server, reply

FILE = File(name="a.bin", content_type="application/pdf", size=5_000_000)


def configured(settings: Config, cloud: str, graph_url: str = "") -> None:
    chosen = CLOUDS[cloud]
    config.use(
        replace(
            settings,
            graph_url=graph_url or chosen.graph_url,
            exchange_domains=chosen.exchange_domains,
        )
    )


@pytest.fixture(autouse=True)
def _on_this_machine(settings: Config) -> None:
    configured(settings, "global", "http://127.0.0.1:5050")


@pytest.mark.parametrize(
    ("cloud", "url"),
    [
        ("global", "https://outlook.office.com/api/v2.0/Users('x')/y?authtoken=t"),
        ("global", "https://outlook.office365.com/api/gv1.0/x?authtoken=t"),
        ("global", "https://graph.microsoft.com/v1.0/x"),
        ("usgov", "https://outlook.office365.us/api/gv1.0/x"),
        ("dod", "https://outlook-dod.office365.us/api/gv1.0/x"),
        ("china", "https://partner.outlook.cn/api/gv1.0/x"),
    ],
)
def test_microsofts_hosts_may_have_it(settings: Config, cloud: str, url: str) -> None:
    configured(settings, cloud)

    attachments.check_host(url)


@pytest.mark.parametrize(
    ("cloud", "url"),
    [
        ("global", "http://outlook.office.com/x"),
        ("global", "https://outlook.office.com.evil.example/x"),
        ("global", "https://evil-office.com/x"),
        ("global", "https://office.com@evil.example/x"),
        ("global", "https://someone@outlook.office.com/x"),
        ("global", "https://127.0.0.1/x"),
        ("global", "https://localhost/x"),
        ("global", "https://169.254.169.254/latest"),
        ("global", "https://outlook.office365.us/x"),
        ("china", "https://outlook.office.com/x"),
        ("global", "file:///etc/passwd"),
        ("global", "https://[::1"),
        ("global", "https://evil.example\\.outlook.office.com/x"),
        ("global", "https://127.0.0.1\\.outlook.office.com/x"),
        ("global", "https://outlook.office.com:8443/x"),
        ("global", "https://outlook.office.com:port/x"),
        ("global", "https://outlook.office.com/x\r\nHost: evil.example"),
        ("global", "https://outlook.office.com\uff0fevil.example/x"),
        ("global", "//outlook.office.com/x"),
        ("global", "ftp://outlook.office.com/x"),
        ("global", "nothing"),
        ("global", ""),
    ],
)
def test_no_other_host_may_have_it(settings: Config, cloud: str, url: str) -> None:
    configured(settings, cloud)

    with pytest.raises(Withheld):
        attachments.check_host(url)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost:80", "[::1]:5050"])
def test_a_graph_on_this_machine_may_use_all_of_it(settings: Config, host: str) -> None:
    configured(settings, "global", "http://127.0.0.1:5050")

    attachments.check_host(f"http://{host}/x")


def test_a_graph_on_this_machine_sends_nothing_elsewhere(settings: Config) -> None:
    configured(settings, "global", "http://127.0.0.1:5050")

    with pytest.raises(Withheld):
        attachments.check_host("https://outlook.office.com/x")


@pytest.mark.parametrize(
    ("status", "body", "next_start"),
    [
        (200, b'{"nextExpectedRanges": ["3932160"]}', RANGE),
        (200, b'{"NextExpectedRanges": ["3932160"]}', RANGE),
        (200, b'{"nextExpectedRanges": ["3932160-"]}', RANGE),
        (202, b'{"nextExpectedRanges": ["3932160-4999999"]}', RANGE),
        (202, b"", RANGE),
    ],
)
def test_an_answer_says_what_comes_next(
    server: Server, status: int, body: bytes, next_start: int
) -> None:
    url = server.will(reply(status, body)).url

    assert attachments.put(url, 0, FILE.size, [bytes(RANGE)]) == next_start


@pytest.mark.parametrize("body", [b"", b'{"id": "x"}'])
def test_the_answer_to_the_last_range_completes_a_file(
    server: Server, body: bytes
) -> None:
    url = server.will(reply(201, body)).url

    assert attachments.put(url, RANGE, FILE.size, [bytes(FILE.size - RANGE)]) == (
        FILE.size
    )


@pytest.mark.parametrize(
    ("start", "status", "body"),
    [
        (0, 201, b""),  # before all of it was sent
        (0, 200, b'{"nextExpectedRanges": ["5000000"]}'),
        (RANGE, 200, b'{"nextExpectedRanges": ["5000000"]}'),  # no 201
        (RANGE, 200, b'{"nextExpectedRanges": ["200000000"]}'),
    ],
)
def test_nothing_else_completes_a_file(
    server: Server, start: int, status: int, body: bytes
) -> None:
    url = server.will(reply(status, body)).url
    piece = bytes(min(RANGE, FILE.size - start))

    with pytest.raises(SessionGone):
        attachments.put(url, start, FILE.size, [piece])


@pytest.mark.parametrize("stands_at", ["5000000", "200000000", "999999999999999"])
def test_a_session_that_says_it_has_it_all_is_over(
    server: Server, stands_at: str
) -> None:
    url = server.will(reply(200, f'{{"nextExpectedRanges":["{stands_at}"]}}'.encode()))

    with pytest.raises(SessionGone):
        attachments.where(url.url, FILE.size)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 416])
def test_a_refused_range_says_that_the_session_is_over(
    server: Server, status: int
) -> None:
    url = server.will(reply(status, b'{"error": {"code": "ErrorItemNotFound"}}')).url

    with pytest.raises(SessionGone):
        attachments.put(url, 0, FILE.size, [bytes(RANGE)])


@pytest.mark.parametrize("next_start", ["0", "5000001", "99999999999"])
def test_a_session_that_goes_nowhere_is_over(server: Server, next_start: str) -> None:
    url = server.will(
        reply(200, f'{{"nextExpectedRanges":["{next_start}"]}}'.encode())
    ).url

    with pytest.raises(SessionGone):
        attachments.put(url, 0, FILE.size, [bytes(RANGE)])


def test_silence_completes_no_file(server: Server) -> None:
    url = server.will(reply(200, b"")).url

    with pytest.raises(Deferred):
        attachments.put(url, RANGE, FILE.size, [bytes(FILE.size - RANGE)])


@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"nextExpectedRanges": 7}'])
def test_a_garbled_answer_is_asked_for_again(server: Server, body: bytes) -> None:
    url = server.will(reply(200, body)).url

    with pytest.raises(Deferred):
        attachments.put(url, 0, FILE.size, [bytes(RANGE)])


def test_a_mailbox_over_its_limit_says_so(server: Server) -> None:
    url = server.will(
        reply(400, b'{"error": {"code": "ErrorMessageSizeExceeded"}}')
    ).url

    with pytest.raises(Withheld, match="larger than the mailbox may send"):
        attachments.put(url, 0, FILE.size, [bytes(RANGE)])


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b'{"nextExpectedRanges": ["7"]}', 7),
        (405, b"", None),
        (500, b"", None),
        (200, b"{}", None),
    ],
)
def test_a_session_may_say_where_it_stands(
    server: Server, status: int, body: bytes, answer: int | None
) -> None:
    assert attachments.where(server.will(reply(status, body)).url, FILE.size) == answer


@pytest.mark.parametrize("status", [200, 201])
def test_a_session_is_opened_by_either_success(server: Server, status: int) -> None:
    body = (
        b'{"uploadUrl": "http://127.0.0.1:9/x", "nextExpectedRanges": ["0-"],'
        b'"expirationDateTime": "2026-11-29T08:00:00Z"}'
    )

    opened = attachments.open_session(
        graph.mailbox(server.will(reply(status, body)).url), "t", "d", FILE
    )

    assert opened.url == "http://127.0.0.1:9/x"
    assert opened.expires_at is not None
    assert "127.0.0.1" not in repr(opened)  # whoever has it may write there


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"uploadUrl": 7}', b'{"uploadUrl": ""}']
)
def test_a_session_without_an_address_is_none(server: Server, body: bytes) -> None:
    with pytest.raises((Deferred, Withheld)):
        attachments.open_session(
            graph.mailbox(server.will(reply(201, body)).url), "t", "d", FILE
        )


def test_a_file_below_the_least_is_told_apart(server: Server) -> None:
    code = attachments.TOO_SMALL
    server.will(reply(400, f'{{"error": {{"code": "{code}"}}}}'.encode()))

    with pytest.raises(Rejected) as refused:
        attachments.open_session(graph.mailbox(server.url), "t", "d", FILE)

    assert refused.value.answer.code == code
