"""All addresses that may be got."""

from flask import Flask


def addresses(app: Flask, ids: dict[str, object]) -> list[str]:
    """Return every address that may be got, with these ids in their places."""
    anything = {"link": "x", "trip_id": ids["change_id"]}
    with app.test_request_context():
        return [
            app.url_map.bind("localhost").build(
                rule.endpoint, {**anything, **ids}, append_unknown=False
            )
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.endpoint != "static"
        ]
