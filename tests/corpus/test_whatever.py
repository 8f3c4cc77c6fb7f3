"""Whatever a message says, its recipients read: addresses, headers, file names."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.config import Config
from tests.corpus import journey
from tests.corpus.opening import by_json, differences, opened
from tests.sandbox.serving import Sandbox

# Every character that a header can hold.
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])
LINES = st.text(CHARACTERS, max_size=120).map(str.strip)
# The sandbox reads its recipients after it has decoded their names.
PLAIN = st.text(st.characters(categories=["L", "N"]), max_size=40)
ADDRESSES = st.builds(
    "{}@{}".format,
    st.from_regex(r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True),
    st.sampled_from(["x.example", "bücher.example", "例え.example", "A.B.Example"]),
)
QUOTED = LINES.map(lambda name: name.replace("\\", r"\\").replace('"', r"\""))
PEOPLE = st.builds('"{}" <{}>'.format, PLAIN, ADDRESSES)
ANSWERS = st.builds('"{}" <{}>'.format, QUOTED, ADDRESSES)
NAMES = st.text(CHARACTERS, min_size=1, max_size=80).filter(
    lambda name: name.strip() not in {"", ".", ".."} and not {*"/\\"} & {*name}
)
FILES = st.fixed_dictionaries(
    {"name": NAMES, "content": st.binary(max_size=200).map(b64encode).map(bytes.decode)}
)
HEADERS = st.dictionaries(
    st.from_regex(r"X-[A-Za-z0-9-]{1,30}", fullmatch=True).filter(
        lambda name: not name.lower().startswith(("x-portal-", "x-original-to"))
    ),
    LINES,
    max_size=5,
).filter(lambda found: len({name.lower() for name in found}) == len(found))
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=500)
SAID = st.fixed_dictionaries(
    {
        "to": st.lists(PEOPLE, min_size=1, max_size=3),
        "cc": st.lists(PEOPLE, max_size=2),
        "bcc": st.lists(ADDRESSES, max_size=2),
        "reply_to": st.lists(ANSWERS, max_size=2),
        "subject": LINES,
        "text": TEXTS,
        "html": TEXTS,
        "headers": HEADERS,
        "attachments": st.lists(FILES, max_size=3),
    }
)


def test_what_goes_in_by_json_comes_out_the_same(
    house: Config, sandbox: Sandbox, tmp_path: Path
) -> None:
    journey.connected("own", house, sandbox)
    client = opened()

    @settings(max_examples=60, database=None)
    @given(said=SAID)
    def arrives(said: dict[str, Any]) -> None:
        sandbox.clear()
        [arrived] = journey.sent(
            {"": by_json(client, said, tmp_path)}, sandbox
        ).values()
        assert differences(said, arrived, "own") == []

    arrives()
