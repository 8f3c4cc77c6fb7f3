"""JSON that is many times what it weighs, and what it costs to refuse it."""

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.intake.http import bodies
from tests import stored
from tests.intake.posted import post, refused

JANE = "j@example.com"
MOST = bodies.MOST_VALUES - 1000
MIB = 1024 * 1024


def many(field: str, value: str, count: int) -> bytes:
    values = ",".join([value] * count)
    return f'{{"to":"{JANE}","{field}":[{values}]}}'.encode()


def names(count: int, value: Any = "") -> dict[str, Any]:
    return {f"X-{number}": value for number in range(count)}


FLOODS: dict[str, Callable[[], bytes]] = {
    "files": lambda: many("attachments", "{}", 1_600_000),
    "some files": lambda: many("attachments", "{}", MOST // 2),
    "tags": lambda: many("tags", "[]", 1_600_000),
    "some tags": lambda: many("tags", "[]", MOST // 2),
    "recipients": lambda: many("cc", f'"{JANE}"', 260_000),
    "some recipients": lambda: many("cc", f'"{JANE}"', MOST),
    "answers": lambda: many("reply_to", f'"{JANE}"', MOST),
    "headers": lambda: json.dumps({"to": JANE, "headers": names(300_000)}).encode(),
    "some headers": lambda: json.dumps({"to": JANE, "headers": names(MOST)}).encode(),
    "fields": lambda: json.dumps({"to": JANE, **names(300_000, 1)}).encode(),
    "some fields": lambda: json.dumps({"to": JANE, **names(MOST, 1)}).encode(),
    "names of files": lambda: many("attachments", json.dumps(names(190, 1)), 500),
    "strings": lambda: many("x", '""', 1_600_000),
    "quotes": lambda: b'{"to":"' + b'\\"' * 2_300_000,
    "emoji": lambda: json.dumps(
        {"html": "\U0001f600" + "x" * 4_900_000}, ensure_ascii=False
    ).encode(),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_refused_in_little_time(knock: FlaskClient, flood: str) -> None:
    body = FLOODS[flood]()
    before = time.process_time()

    answer = post(knock, body)

    assert time.process_time() - before < 1
    assert refused(answer) in (400, 422)
    assert len(answer.data) < 100_000
    assert stored.rows() == 0


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_refused_in_little_memory(knock: FlaskClient, flood: str) -> None:
    body = FLOODS[flood]()

    tracemalloc.start()
    try:
        post(knock, body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 64 * MIB


def test_a_text_may_have_as_many_commas_as_it_likes(knock: FlaskClient) -> None:
    text = json.dumps({"to": JANE, "text": '1,"[{' * 200_000})

    assert post(knock, text.encode()).status_code == 202
