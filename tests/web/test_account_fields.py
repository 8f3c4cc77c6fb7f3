"""The fields of an account: the names that other products gave them, and defaults."""

import re
from html.parser import HTMLParser

from portal.sandbox.seeds import CLIENT_ID, TENANT_ID
from tests.web import CHECKOUT
from tests.web.browsing import Browser, words

NEW = [
    ("Account name", ""),
    ("Enabled", "on"),
    ("Default account", "off"),
    ("Fallback account", "none"),
    ("SMTP server", "on"),
    ("Microsoft 365 mailbox signed in by its user", "off"),
    ("Microsoft 365, application permission", "off"),
    ("E-mail Type", "SMTP"),
    ("Host SMTP", "smtp.office365.com"),
    ("Port", "587"),
    ("Use safe connection", "on"),
    ("Secure connection type", "TLS, after connecting (STARTTLS, port 587)"),
    ("Ignore certificate error", "off"),
    ("Use Network Connector", "off"),
    ("Network Connector", "The default one (none yet)"),
    ("Use authentication", "on"),
    ("E-mail Authentication Type", "Basic"),
    ("E-mail Provider", "Microsoft 365"),
    ("Username", ""),
    ("Client ID", ""),
    ("Password", ""),
    ("Client Secret Value", ""),
    ("Redirect URI", "http://localhost:5000/callback/google, read-only"),
    ("Tenant ID", f"{TENANT_ID}, read-only"),
    ("Application (Client) ID", f"{CLIENT_ID}, read-only"),
    ("Redirect URI", "http://localhost:5000/callback, read-only"),
    ("Sends as", ""),
    ("Enable large file attachments", "off"),
    ("Sender email", ""),
    ("Reply e-mail", ""),
    ("Reply e-mail (Return-Path)", ""),
    ("Reply e-mail (Return-Path)", "disabled"),
    ("Send read confirmation", "off"),
    ("Confirmation mail", ""),
    ("Force use of configuration", "off"),
    ("Enable footer", "off"),
    ("Footer as text", ""),
    ("Footer as HTML", ""),
]


class Fields(HTMLParser):
    """Takes down each label of a page, and what its field begins with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._labels: dict[str, str] = {}
        self._states: dict[str, str] = {}
        self._label = self._field = ""
        self._chosen = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._label = found.get("for") or "" if tag == "label" else ""
        if tag in ("input", "select", "textarea"):
            self._field = found.get("id") or ""
            self._states[self._field] = state(found)
        first = not self._states.get(self._field)
        self._chosen = tag == "option" and ("selected" in found or first)

    def handle_data(self, data: str) -> None:
        if self._label:
            self._labels[self._label] = data
        elif self._chosen:
            self._states[self._field] = data
        self._label, self._chosen = "", False

    def listed(self) -> list[tuple[str, str]]:
        return [(label, self._states[id_]) for id_, label in self._labels.items()]


def state(field: dict[str, str | None]) -> str:
    """Say what a field begins with; a locked one says that, too."""
    if field.get("type") in ("checkbox", "radio"):
        return "on" if "checked" in field else "off"
    if "disabled" in field:
        return "disabled"
    return (field.get("value") or "") + (", read-only" if "readonly" in field else "")


def test_a_new_account_has_these_fields_and_begins_with_these_values(
    ann: Browser,
) -> None:
    page = ann.get("/accounts/new")

    assert Fields(page.text).listed() == NEW


def test_to_ignore_a_certificate_is_warned_of(ann: Browser) -> None:
    warned = r'name="ignore_certificate"[^>]*aria-describedby="ignore_certificate-hint"'

    page = ann.get("/accounts/new")

    assert re.search(warned, page.text)
    assert "between here and the server could read the password then" in words(page)


def test_what_other_products_call_a_field_leads_to_one_that_is_there(
    ann: Browser,
) -> None:
    told = (CHECKOUT / "docs" / "accounts.md").read_text()
    table = told.partition("| there | here |\n")[2].partition("\n\n")[0]

    pages = [ann.get("/accounts/new").text, ann.get("/setup").text]

    ours = set(re.findall(r"\*\*(.+?)\*\*", table))
    assert len(ours) > 10
    assert ours <= {label for page in pages for label, _ in Fields(page).listed()}
