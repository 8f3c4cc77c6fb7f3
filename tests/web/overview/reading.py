"""The overview, as these tests read it."""

import re
from collections.abc import Iterator

from tests.web.browsing import Browser


def coming(ann: Browser) -> Iterator[tuple[str, str]]:
    """Return what comes up, and where its button leads."""
    page = ann.get("/").text
    for item in re.findall(r'<ul class="todo">.*?</ul>', page, re.DOTALL):
        for each in re.findall(r"<li.*?</li>", item, re.DOTALL):
            [title] = re.findall(r"<b>(.*?)</b>", each)
            yield title, "".join(re.findall(r'href="(.*?)"', each))
