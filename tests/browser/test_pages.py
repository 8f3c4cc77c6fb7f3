"""Every page in every state, light and dark, wide and narrow, by pointer and by key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser import axe
from tests.browser.browser import HEIGHT, WIDTH, opened
from tests.web.pages import PAGES

Visit = Callable[[str], Page]

PHONE = 360  # CSS pixels
ALIKE = (
    "error-400",
    "error-403",
    "error-405",
    "error-409",
    "error-413",
    "error-418",
    "error-503",
)
SEEN = [name for name in PAGES if name not in ALIKE]
BUTTONS = ":is(button, a.button, summary, main a):not([inert] *)"
PRESSABLE = ":is(a[href], button, summary, input:not([type=hidden])):not(:disabled)"
RINGED = """() => {
    const here = document.activeElement;
    const ring = getComputedStyle(here).boxShadow;
    here.blur();
    const without = getComputedStyle(here).boxShadow;
    here.focus();
    return ring !== without;
}"""
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(it => it.getBoundingClientRect().right > innerWidth + 0.5)
    .map(it => it.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def light(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a page by its name, always in the same tab."""
    with opened(browser, "light") as window:
        yield visitor(window.new_page(), address)


@pytest.fixture(scope="module")
def dark(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a page by its name where everything is dark."""
    with opened(browser, "dark") as window:
        yield visitor(window.new_page(), address)


@pytest.fixture(params=["light", "dark"])
def visit(request: pytest.FixtureRequest) -> Visit:
    """Open a page by its name, in the light and in the dark."""
    visit: Visit = request.getfixturevalue(request.param)
    return visit


@pytest.fixture(scope="module")
def phone(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a page by its name on a narrow screen."""
    with opened(browser, "light", PHONE) as window:
        yield visitor(window.new_page(), address)


def visitor(page: Page, address: str) -> Visit:
    """Go where told, and bear no complaint of the browser about what is there."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def visit(name: str) -> Page:
        complaints.clear()
        page.goto(f"{address}/pages/{name}")
        assert complaints == []
        return page

    return visit


@contextmanager
def dimmed(page: Page) -> Iterator[None]:
    """Let it be dark around a page that is there already."""
    page.emulate_media(color_scheme="dark")
    yield
    page.emulate_media(color_scheme="light")


@contextmanager
def narrowed(page: Page) -> Iterator[None]:
    """Look at a page that is there already on a narrow screen."""
    page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    yield
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


@pytest.mark.parametrize("name", SEEN)
def test_everybody_can_use_it(light: Visit, name: str) -> None:
    """Loaded once, for most of the time goes there; then it is dark, then narrow."""
    page = light(name)

    in_the_light = axe.faults(page)
    with dimmed(page):
        in_the_dark = axe.faults(page, *axe.LOOKS)
    with narrowed(page):
        width = page.evaluate("document.documentElement.scrollWidth")
        too_wide = page.evaluate(TOO_WIDE)

    assert (in_the_light, in_the_dark, width, too_wide) == ([], [], PHONE, [])


@pytest.mark.parametrize(
    "name", ["signed-in", "failed", "error-404", "settings-proposal", "settings-reset"]
)
def test_what_can_be_pressed_is_readable_under_the_pointer(
    visit: Visit, name: str
) -> None:
    page = visit(name)

    for button in page.locator(BUTTONS).all():
        if button.is_visible():
            button.hover()
            assert axe.faults(page, "color-contrast") == []
            button.focus()
            assert axe.faults(page, "color-contrast") == []


@pytest.mark.parametrize("name", ["signed-in", "failed", "settings-pending"])
def test_the_keyboard_reaches_all_and_shows_where_it_is(
    visit: Visit, name: str
) -> None:
    page = visit(name)
    pressable = page.locator(PRESSABLE)
    count = sum(it.is_visible() for it in pressable.all())

    for _ in range(count):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
        assert page.evaluate(RINGED), page.evaluate("document.activeElement.outerHTML")


def test_the_menu_of_a_phone_opens_without_script(phone: Visit) -> None:
    page = phone("signed-in")
    settings = page.get_by_role("link", name="Settings")
    expect(settings).to_be_hidden()

    page.get_by_text("Menu", exact=True).click()

    expect(settings).to_be_visible()
    assert axe.faults(page) == []


def test_the_raw_code_is_one_click_away(visit: Visit) -> None:
    page = visit("failed")
    code = page.get_by_text("AADSTS65004")
    expect(code).to_be_hidden()

    page.get_by_text("What the other side said").click()

    expect(code).to_be_visible()


def test_the_first_tab_leads_past_the_navigation(visit: Visit) -> None:
    page = visit("signed-in")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Go to the start page")).to_be_focused()


def test_an_inline_script_is_not_run(visit: Visit) -> None:
    page = visit("failed")

    with page.expect_console_message(lambda it: "Content Security Policy" in it.text):
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.broken = true";
                document.body.append(script);
            }"""
        )

    assert page.evaluate("window.broken") is None


def test_the_browser_reaches_nothing_but_this_machine(browser: Browser) -> None:
    with opened(browser, "light") as window, pytest.raises(Error, match="ERR_NAME"):
        window.new_page().goto("http://portal.example/")
