"""Cookies: kept from scripts and other sites, on https also from other hosts' hands."""

from flask import Flask, Response, request

from portal import config


def init_app(app: Flask) -> None:
    """Let Flask keep its own, the one with the CSRF token, as we keep ours."""
    app.config.update(
        SESSION_COOKIE_NAME=name("csrf"),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=_on_https(),
    )


def name(noun: str) -> str:
    """Name a cookie; on https no subdomain can set one of that name."""
    return f"__Host-{noun}" if _on_https() else noun


def read(noun: str) -> str:
    return request.cookies.get(name(noun), "")


def give(response: Response, noun: str, value: str, seconds: int | None = None) -> None:
    """Let the browser keep a value, for so long or until it is closed."""
    response.set_cookie(
        name(noun),
        value,
        max_age=seconds,
        secure=_on_https(),
        httponly=True,
        samesite="Lax",  # Strict would not come back from Microsoft with the browser
    )


def take(response: Response, noun: str) -> None:
    """Let the browser forget a value."""
    response.delete_cookie(
        name(noun), secure=_on_https(), httponly=True, samesite="Lax"
    )


def _on_https() -> bool:
    return config.current().base_url.startswith("https://")
