"""People in front of windows: what they press here and at Microsoft."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from portal import db
from portal.issuer.identity import Identity
from portal.sandbox.seeds import ACCOUNTS
from portal.workspace import registration
from portal.workspace.people import roles, sessions
from tests.browser import axe
from tests.browser.journeys.world import Portal
from tests.trip import ANN

REPORTS = "reports@contoso.example"
ALEX = "alex@contoso.example"
NOREPLY = "noreply@contoso.example"
TEAM = "team@contoso.example"
COMPLETE = "Your email has been verified. Authorization complete!"

Open = Callable[..., Page]


@dataclass(frozen=True)
class Admin:
    """A workspace admin with Tenant Settings before them, with script or without."""

    page: Page
    portal: Portal
    script: bool = True

    @property
    def sender(self) -> Locator:
        return self.page.get_by_role("textbox", name="From Email Address")

    @property
    def large(self) -> Locator:
        return self.page.get_by_role("switch", name="Enable large file attachments")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def dialog(self, title: str) -> Locator:
        return self.page.get_by_role("dialog", name=title)

    def open(self) -> None:
        """Look at Tenant Settings anew."""
        self.page.goto(f"{self.portal.url}/settings")

    def ask(self, button: str, *sentences: str) -> Page:
        """Press what leads to Microsoft; return the window that shows it.

        The page says the sentences meanwhile.
        """
        popup = self.press(button)
        told(self.page, *sentences)
        return popup or self.go_on()

    def press(self, button: str) -> Page | None:
        """Press what asks for a change; return the window that opens, if one does."""
        if not self.script:
            self.button(button).click()
            return None
        with self.page.expect_popup() as popup:
            self.button(button).click()
        return popup.value

    def go_on(self, link: str = "Continue to Microsoft") -> Page:
        """Follow a link to Microsoft; return the window that shows it."""
        way = self.page.get_by_role("link", name=link)
        if not self.script:
            way.click()
            return self.page
        with self.page.expect_popup() as popup:
            way.click()
        return popup.value

    def enable(self, sender: str, as_: str | None = None) -> None:
        """Type From, press Enable, approve as Ann, and sign in as somebody."""
        self.sender.fill(sender)
        microsoft = self.ask("Enable")
        accept_as(microsoft, ANN)
        choose(microsoft, as_ or sender)

    def completed(self) -> None:
        """Wait until the page says that it is done."""
        expect(self.page.get_by_text(COMPLETE)).to_be_visible()

    def reset(self) -> None:
        self.button("Reset").click()
        self.dialog("Reset this connection?").get_by_role(
            "button", name="Reset"
        ).click()
        told(self.page, "The connection was reset")


def shut(window: Page) -> None:
    """Close a window that has come to rest; one on its way may never be closed."""
    window.wait_for_load_state()
    window.close()


def sign_in(page: Page, portal: Portal, as_: str = ANN) -> None:
    """Open Tenant Settings, be sent to Microsoft for the first time, and come back."""
    page.goto(f"{portal.url}/settings")
    page.get_by_role("link", name="Sign in with Microsoft").click()
    accept_as(page, as_)


def seated(page: Page, portal: Portal, as_: str = ANN, *, script: bool = True) -> Admin:
    """See an admin before Tenant Settings, who signed in before the test began."""
    page.context.add_cookies(
        [{"name": "session", "value": _session(as_), "url": portal.url}]
    )
    admin = Admin(page, portal, script)
    admin.open()
    return admin


def _session(address: str) -> str:
    (known,) = [each for each in ACCOUNTS if each.address == address]
    who = Identity(
        tid=known.tenant.id,
        oid=known.oid,
        issuer="",
        username=address,
        email=address,
        name=known.name,
    )
    with db.session() as opened:
        chosen = registration.current(opened)
        assert chosen is not None
        assert roles.admits(opened, who, has_role=False)
        return sessions.begin(opened, who, chosen.origin, has_role=False)


def choose(page: Page, account: str) -> None:
    """Sign in at Microsoft."""
    page.get_by_role("button", name=account).click()


def accept_as(page: Page, account: str) -> None:
    """Sign in at Microsoft, and accept what is asked for."""
    choose(page, account)
    page.get_by_role("button", name="Accept", exact=True).click()


def titled(page: Page, title: str) -> None:
    """Wait for a page by its heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def told(page: Page, *sentences: str) -> None:
    """Wait until the page says this."""
    for sentence in sentences:
        expect(page.get_by_role("main")).to_contain_text(sentence)


def clean(page: Page) -> None:
    """See that everybody can use the page as it is now, on light and on dark."""
    page.emulate_media(color_scheme="light")
    assert axe.faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert axe.faults(page, "color-contrast") == []
