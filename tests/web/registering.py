"""The form of the app registration, as these tests fill it in."""

from typing import Any

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET
from tests.trip import ANN
from tests.web.browsing import Browser

OTHER = "3b9e7a10-64d2-4f0b-8c1a-77e2d9b05c66"
TYPED = {
    "tenant": "contoso.example",
    "client_id": CLIENT_ID,
    "secret": CLIENT_SECRET,
    "admin": ANN,
}


def save(browser: Browser, **changed: str) -> Any:
    return browser.post("/setup", TYPED | changed, form_at="/setup")
