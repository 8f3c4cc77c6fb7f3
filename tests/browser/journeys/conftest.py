"""What every journey begins with: a running portal, windows, and who sits there."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from portal.config import Config
from tests import trip
from tests.browser.journeys.people import Admin, Open, seated
from tests.browser.journeys.world import Portal, running
from tests.trip import ANN

PATIENCE = 20_000  # milliseconds
# A page may well say 4xx; every other complaint of the browser is ours to mend.
REFUSED = "Failed to load resource: the server responded with a status of 4"

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def unregistered(house: Config) -> Iterator[Portal]:
    """Run a portal whose application nobody has registered yet."""
    with running(house) as portal:
        yield portal


@pytest.fixture
def portal(unregistered: Portal) -> Portal:
    """Run a portal that is registered; Ann is its admin."""
    trip.register(admin=ANN)
    return unregistered


@pytest.fixture
def windows(browser: Browser) -> Iterator[Open]:
    """Open windows, each a browser of its own, in which nothing may be refused."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # What has no address is what a test itself ran in the page, such as axe-core.
        if message.location["url"] and not message.text.startswith(REFUSED):
            complaints.append(message.text)

    def open_(*, script: bool = True, locale: str = "en-US") -> Page:
        context = browser.new_context(
            java_script_enabled=script, locale=locale, reduced_motion="reduce"
        )
        opened.callback(context.close)
        context.set_default_timeout(PATIENCE)
        context.on("console", hear)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context.new_page()

    with ExitStack() as opened:
        yield open_
    assert complaints == []


@pytest.fixture
def ann(portal: Portal, windows: Open) -> Admin:
    """See Ann signed in, with Tenant Settings before her."""
    return seated(windows(), portal)


@pytest.fixture(params=["script", "no script"])
def either_ann(portal: Portal, windows: Open, request: pytest.FixtureRequest) -> Admin:
    """See Ann signed in, in a browser with script and in one without."""
    script = request.param == "script"
    return seated(windows(script=script), portal, script=script)


@pytest.fixture
def settled(ann: Admin) -> Admin:
    """See Ann before a portal that sends from her own mailbox."""
    return connect(ann)


@pytest.fixture
def either_settled(either_ann: Admin) -> Admin:
    """See the same in a browser with script and in one without."""
    return connect(either_ann)


def connect(ann: Admin) -> Admin:
    trip.connect_as(ann.portal.sandbox, ANN)
    ann.open()
    return ann
