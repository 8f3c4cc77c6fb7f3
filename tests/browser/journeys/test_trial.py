"""Send test email: what is filled in, in both languages, and what becomes of it."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests import trip
from tests.browser.journeys.people import Admin, Open, clean, told
from tests.browser.journeys.world import Portal
from tests.trip import ANN

PRESS = "Send test email"
JANE = "jane@example.com"


@pytest.fixture
def dialog(settled: Admin) -> Locator:
    """See the dialog of Send test email open."""
    settled.button(PRESS).click()
    return settled.dialog(PRESS)


def field(dialog: Locator, name: str) -> Locator:
    return dialog.get_by_role("textbox", name=name, exact=True)


def press(dialog: Locator) -> None:
    dialog.get_by_role("button", name=PRESS, exact=True).click()


def test_the_verdict_comes_back_into_the_page(either_settled: Admin) -> None:
    ann = either_settled
    ann.button(PRESS).click()
    dialog = ann.dialog(PRESS)
    expect(field(dialog, "Send to")).to_have_value(ANN)
    expect(field(dialog, "Subject")).to_have_value("TEST MESSAGE!")
    words = "ATTENTION: THIS IS A TEST MESSAGE!"
    expect(field(dialog, "Message")).to_have_value(words)

    press(dialog)

    expect(dialog).to_contain_text(f"A test e-mail was sent to {ANN}")
    expect(dialog).to_contain_text("Please check your inbox.")
    (mail,) = ann.portal.sandbox.mails("TEST MESSAGE!")
    assert (mail["from"], mail["to"]) == (ANN, [ANN])
    dialog.get_by_role("link", name="Done").click()
    told(ann.page, "A mail was accepted")


def test_in_portuguese_the_words_are_those_of_the_customer(
    windows: Open, portal: Portal
) -> None:
    page = windows(locale="pt-BR")
    trip.connect_as(portal.sandbox, ANN)
    page.goto(f"{portal.url}/settings")
    page.get_by_role("link", name="Entrar com a Microsoft").click()
    page.get_by_role("button", name=ANN).click()
    page.get_by_role("button", name="Enviar e-mail de teste", exact=True).click()
    dialog = page.get_by_role("dialog", name="Enviar e-mail de teste")
    expect(field(dialog, "Enviar para")).to_have_value(ANN)
    expect(field(dialog, "Assunto")).to_have_value("MENSAGEM DE TESTE!")
    words = "ATENÇÃO: ESTA É UMA MENSAGEM DE TESTE!"
    expect(field(dialog, "Mensagem")).to_have_value(words)

    dialog.get_by_role("button", name="Enviar e-mail de teste").click()

    expect(dialog).to_contain_text(f"Um e-mail de teste foi enviado para {ANN}")
    assert len(portal.sandbox.mails("MENSAGEM DE TESTE!")) == 1
    expect(page.locator("html")).to_have_attribute("lang", "pt-BR")
    clean(page)


def test_a_refusal_says_why_and_lets_one_try_again(
    settled: Admin, dialog: Locator
) -> None:
    settled.portal.sandbox.fault("error", status=400, code="ErrorInvalidRecipients")
    field(dialog, "Send to").fill(JANE)
    field(dialog, "Subject").fill("Greetings")
    press(dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("There is no such recipient")
    dialog.get_by_text("What Microsoft said").click()
    expect(dialog).to_contain_text("400 · ErrorInvalidRecipients")
    clean(settled.page)

    dialog.get_by_role("link", name="Try again").click()
    expect(field(dialog, "Send to")).to_have_value(JANE)
    expect(field(dialog, "Subject")).to_have_value("Greetings")
    press(dialog)

    expect(dialog).to_contain_text(f"A test e-mail was sent to {JANE}")


def test_while_microsoft_is_slow_the_page_waits_and_then_tells(
    settled: Admin, dialog: Locator
) -> None:
    settled.portal.sandbox.latency(3)

    press(dialog)

    expect(dialog).to_contain_text("The test e-mail is on its way")
    clean(settled.page)
    expect(dialog).to_contain_text(f"A test e-mail was sent to {ANN}")


def test_everybody_can_use_the_dialog(settled: Admin, dialog: Locator) -> None:
    expect(field(dialog, "Send to")).to_be_focused()
    clean(settled.page)

    press(dialog)

    expect(dialog).to_contain_text(f"A test e-mail was sent to {ANN}")
    clean(settled.page)


def test_an_address_that_is_none_is_refused_beside_its_field(
    settled: Admin, dialog: Locator
) -> None:
    field(dialog, "Send to").fill("jane@example")

    press(dialog)

    to = field(dialog, "Send to")
    expect(to).to_have_attribute("aria-invalid", "true")
    expect(to).to_have_accessible_description(
        re.compile(r"^This is not an e-mail address\.")
    )
    expect(to).to_have_value("jane@example")
    clean(settled.page)


def test_before_enable_there_is_nothing_to_test(ann: Admin) -> None:
    expect(ann.button(PRESS)).to_have_count(0)

    ann.page.goto(f"{ann.portal.url}/settings/test")

    button = ann.dialog(PRESS).get_by_role("button", name=PRESS)
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(
        "No mailbox is connected yet, so there is nothing to send it from."
    )
    expect(ann.dialog(PRESS)).not_to_contain_text("None")
