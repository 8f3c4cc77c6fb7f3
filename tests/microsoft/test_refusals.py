"""What an error in the address of a callback means, and how long to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import net
from portal.errors import Answer
from portal.explanations import Who, network, sign_in
from portal.issuer.refusals import LoginRefused, Unreachable
from portal.microsoft import aadsts, refusals
from portal.net import reply
from tests.microsoft import scripted

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def refused(number: int) -> LoginRefused:
    """Return what a callback with such a number means."""
    error = refusals.returned("access_denied", f"AADSTS{number}: No.")
    assert isinstance(error, LoginRefused)
    return error


def test_a_callback_says_who_has_to_act() -> None:
    error = refusals.returned("access_denied", "AADSTS90094: An admin has to.\r\nTrace")

    assert str(error) == aadsts.CAUSES[90094].sentence
    assert error.answer.code == "AADSTS90094"


def test_a_callback_keeps_all_that_was_said_and_by_what_support_finds_it() -> None:
    words = "AADSTS90094: An admin has to."
    told = f"{words}\r\nTrace ID: 3c8f-0e52\r\nCorrelation ID: 9b1d\r\nTimestamp: now"

    error = refusals.returned("access_denied", told)

    assert error.answer == Answer(
        code="AADSTS90094", text=words, request_id="3c8f-0e52"
    )
    assert refusals.returned("server_error", told).answer == error.answer
    assert refusals.returned("", "").answer == Answer()


def test_the_name_of_a_request_in_its_headers_goes_before_that_in_its_words() -> None:
    said = b'{"error": "invalid_grant", "error_description": "No.\\r\\nTrace ID: 3c8f"}'
    with scripted.serve() as server:
        server.will(scripted.reply(400, said, x_ms_request_id="9b1d-0e52"))
        answer = net.session().get(server.url)

    with pytest.raises(LoginRefused) as refused:
        refusals.read(answer)

    assert refused.value.answer == Answer(
        status=400, code="invalid_grant", text="No.", request_id="9b1d-0e52"
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [(302, b""), (400, b"[]"), (403, b"<html>A proxy</html>"), (404, b'{"error": {}}')],
)
def test_what_gives_no_reason_is_not_taken_for_microsoft(
    status: int, body: bytes
) -> None:
    with scripted.serve() as server:
        server.will(scripted.reply(status, body))
        answer = net.session().get(server.url)

    with pytest.raises(LoginRefused) as refused:
        refusals.read(answer)

    assert refused.value.cause == network.NOT_SIGN_IN.name


def test_what_no_support_can_have_named_is_no_name() -> None:
    error = refusals.returned("<b>", "Trace ID: <script>alert(1)</script>")

    assert error.answer == Answer()


@pytest.mark.parametrize(
    "error", ["access_denied", "consent_required", "permission_denied"]
)
def test_who_declines_is_understood_without_a_number(error: str) -> None:
    declined = refusals.returned(error, "The admin canceled the request.")

    assert declined.cause == sign_in.DENIED.name


@pytest.mark.parametrize("code", ["server_error", "temporarily_unavailable"])
def test_a_callback_may_say_that_it_passes(code: str) -> None:
    assert isinstance(refusals.returned(code, ""), Unreachable)


def test_the_lag_of_a_consent_is_known_by_three_numbers() -> None:
    lasting = set(aadsts.CAUSES) - aadsts.PASSING

    lagging = {number for number in lasting if refused(number).lagging}

    assert lagging == {65001, 700016, 650051}


def test_what_wants_an_admin_says_so() -> None:
    for number in aadsts.UNAPPROVED:
        assert refused(number).unapproved
        assert aadsts.CAUSES[number].who is Who.MICROSOFT
    assert not refused(65004).unapproved


def test_no_number_stands_for_two_causes() -> None:
    numbers = [each for group in aadsts.NUMBERS.values() for each in group]

    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("2.128", 2.128),
        (" 7 ", 7),
        ("-5", 0),
        ("1e300", 24 * 3600),
        ("inf", 24 * 3600),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90),
        ("Fri, 20 Nov 2026 12:01:30", 90),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 20 Nov 2099 11:00:00 GMT", 24 * 3600),
    ],
)
def test_retry_after_is_kept_exactly(value: str, seconds: float) -> None:
    assert reply.retry_after(value, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "nan", "soon", "Fri, 99 Nov 2026"])
def test_what_says_no_time_is_none(value: str | None) -> None:
    assert reply.retry_after(value, NOW) is None


@given(st.text() | st.floats().map(str) | st.datetimes().map(format_datetime))
def test_retry_after_is_never_negative_and_never_absurd(value: str) -> None:
    wait = reply.retry_after(value, NOW)

    assert wait is None or timedelta() <= wait <= reply.LONGEST_WAIT
