"""What anybody sees who reaches the portal."""

import pytest
from flask.testing import FlaskClient

from portal.web import home


def test_the_first_page_says_that_the_portal_runs(client: FlaskClient) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert "<h1>Mail Portal is running</h1>" in page.text
    assert "portal register" in page.get_data(as_text=True).replace(
        "</span> <span>", " "
    )


@pytest.mark.parametrize("state", home.State)
def test_every_state_has_its_words(client: FlaskClient, state: home.State) -> None:
    with client.application.test_request_context("/"):
        template = client.application.jinja_env.get_template("home/index.html")

        page = template.render(state=state, waiting=2)

    assert f"</svg>{state}" in page.replace("\n", "")
