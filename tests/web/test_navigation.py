"""The ways through the portal, for whoever is signed in."""

import re

from flask import Flask, render_template


def shown(showing: Flask, path: str, **context: object) -> str:
    with showing.test_request_context(path):
        return render_template("errors/error.html", status=404, **context)


def test_only_who_is_signed_in_sees_the_ways(showing: Flask) -> None:
    visitor = shown(showing, "/settings")
    admin = shown(showing, "/settings", signed_in="ann@contoso.example")

    assert "<nav" not in visitor
    assert "<nav" in admin
    assert "ann@contoso.example" in admin


def test_the_page_one_is_on_is_marked(showing: Flask) -> None:
    page = shown(showing, "/settings", signed_in="ann@contoso.example")

    marked = re.findall(r'href="([^"]+)" aria-current="page"', page)

    assert marked == ["/settings", "/settings"]  # beside the page, and in the menu


def test_what_needs_a_human_is_counted_and_said(showing: Flask) -> None:
    page = shown(showing, "/", signed_in="ann@contoso.example", needing=2)

    assert '2<span class="unseen"> need you</span>' in page
