"""The headers every answer carries: what a browser may run, show, tell and keep.

A view that needs another value sets the header itself; what is set is left alone. The
pages that come back from Microsoft do so with Cross-Origin-Opener-Policy.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

# A form that is posted here may not end at Microsoft, redirects included: every way
# there is a link.
CONTENT = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
NOT_NEEDED = (
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "payment",
    "usb",
)
HEADERS = {
    "Content-Security-Policy": CONTENT,
    "X-Content-Type-Options": "nosniff",
    # Flask-WTF wants the Referer of our own forms over https, so never "no-referrer".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NOT_NEEDED),
}
YEAR = 365 * 24 * 60 * 60  # seconds
FOR_EVER = f"public, max-age={YEAR}, immutable"


def init_app(app: Flask) -> None:
    """Guard every answer, and put a file's version into its address."""
    app.after_request(_guard)
    app.url_defaults(_add_version)


def _guard(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    elif response.status_code in (200, 206, 304) and _lasting():
        response.headers["Cache-Control"] = FOR_EVER
    return response


def _lasting() -> bool:
    """What others made lies under its version; ours must be asked for by it."""
    name = (request.view_args or {}).get("filename", "")
    asked = request.args.get("v")
    return name.startswith("vendor/") or bool(asked and asked == _version(name))


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and (version := _version(values["filename"])):
        values.setdefault("v", version)


def _version(filename: str) -> str:
    path = Path(current_app.static_folder or "", filename)
    return _digest(path, path.stat().st_mtime_ns) if path.is_file() else ""


@cache
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
