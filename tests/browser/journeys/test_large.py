"""A mail that needs large file attachments: held, asked for, and gone by itself."""

import base64

import requests
from playwright.sync_api import expect

from tests.browser.journeys.people import Admin, accept_as, choose, clean, told
from tests.trip import ANN

SIZE = 3_300_000  # bytes: more than one request to Microsoft takes, once encoded


def post_large(ann: Admin) -> requests.Response:
    """Hand over a mail that is held for its file."""
    file = {
        "name": "plans.bin",
        "content_type": "application/octet-stream",
        "content": base64.b64encode(bytes(SIZE)).decode(),
    }
    posted = ann.portal.post("Site plans", attachments=[file])
    assert posted.status_code == 202, posted.text
    ann.portal.wait_for(posted, "held")
    return posted


def test_the_permission_is_given_where_it_is_missed_and_the_mail_goes(
    either_settled: Admin,
) -> None:
    ann = either_settled
    posted = post_large(ann)
    ann.open()
    told(ann.page, "1 message is held for it and goes out by itself once it is enabled")
    ann.page.get_by_role("link", name="see which, and why").click()
    ann.page.get_by_role("link", name="Site plans").click()
    told(ann.page, "It needs large file attachments", "Mail.ReadWrite")
    if ann.script:
        clean(ann.page)

    microsoft = ann.ask("Enable large file attachments")
    accept_as(microsoft, ANN)
    choose(microsoft, ANN)

    ann.completed()
    ann.portal.wait_for(posted, "sent")
    ann.page.goto(f"{ann.portal.url}/messages/{posted.json()['id']}")
    told(ann.page, "Microsoft accepted it", f"{ANN} enabled large file attachments.")
    expect(ann.button("Resend")).to_be_visible()
    assert len(ann.portal.sandbox.mails("Site plans")) == 1
