"""`portal retention`: what is in force, and changed."""

from portal import db
from portal.config import Config
from portal.workspace import audit
from tests.terminal import portal


def test_it_tells_and_changes_how_long_is_kept(house: Config) -> None:
    before = portal("retention")
    after = portal("retention", "--content-days", "3")

    assert before.out == "mail log  90 days\ncontent   7 days\n"
    assert after.out == "mail log  90 days\ncontent   3 days\n"
    with db.reading() as session:
        [noted] = audit.page(session, None, 5)
    assert (noted.actor, noted.action) == ("operator", "changed retention")


def test_what_may_not_be_so_is_wrong_use(house: Config) -> None:
    shorter = portal("retention", "--log-days", "29", "--content-days", "30")
    least = portal("retention", "--log-days", "7")

    assert (shorter.code, least.code) == (2, 2)
    assert shorter.err.startswith("portal: A record is kept for 30 days at least")
    assert "7 is not in the range 8<=x<=3650" in least.err
