"""App registration: the next secret beside the former one, and when they end."""

import pytest

from portal import db
from portal.sandbox.seeds import TENANT_ID
from portal.workspace import registration
from tests import trip
from tests.web.browsing import Browser, words
from tests.web.registering import OTHER, save


def test_the_next_secret_leaves_the_former_beside_it_until_it_is_removed(
    ann: Browser,
) -> None:
    trip.register(secret="the-former~one")
    answer = save(ann, tenant=TENANT_ID, ends_on="2031-03-01")

    page = ann.get("/setup")
    removed = ann.post("/setup/former-credential/removal", {}, form_at="/setup")

    assert answer.status_code == 303
    assert "Client secret in use ends" in words(page)
    assert "Client secret former end not known" in words(page)
    assert "The former credential serves no longer." in words(ann.follow(removed))
    assert ends() == ["2031-03-01"]


def test_a_day_alone_dates_the_secret_in_use(ann: Browser) -> None:
    answer = save(ann, tenant=TENANT_ID, secret="", ends_on="2031-03-01")

    assert "Changes have been saved!" in words(ann.follow(answer))
    assert ends() == ["2031-03-01"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ends_on": "in March"}, "A day looks like 2027-03-01."),
        ({"secret": "", "certificate": "PEM", "ends_on": "2031-03-01"}, "by itself"),
        ({"secret": "", "client_id": OTHER, "ends_on": "2031-03-01"}, "either a"),
        ({"secret": "wrong"}, "secret"),
    ],
)
def test_a_next_secret_that_is_refused_changes_nothing(
    ann: Browser, changed: dict[str, str], sentence: str
) -> None:
    answer = save(ann, tenant=TENANT_ID, **changed)

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert ends() == [""]


def ends() -> list[str]:
    """Return when each credential ends, that in use first; "" if nobody said."""
    with db.reading() as session:
        known = registration.proofs(session)
    return [f"{each.ends_at:%Y-%m-%d}" if each.ends_at else "" for each in known]
