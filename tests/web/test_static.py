"""What lies in static/ is what it says it is."""

import base64
import hashlib
import re

from tests.web import CHECKOUT

STATIC = CHECKOUT / "static"
VENDOR = STATIC / "vendor"
LISTED = re.compile(r"^\| `([^`]+)` \| `sha384-([^`]+)` \|$", re.MULTILINE)


def test_what_others_made_is_listed_and_unchanged() -> None:
    listed = dict(LISTED.findall((VENDOR / "README.md").read_text()))

    found = {
        path.relative_to(VENDOR).as_posix(): base64.b64encode(
            hashlib.sha384(path.read_bytes()).digest()
        ).decode()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "README.md"
    }

    assert found == listed


def test_each_of_them_brings_its_licence() -> None:
    for folder in VENDOR.iterdir():
        assert folder.is_file() or list(folder.glob("LICENSE*"))


def test_a_sheet_of_ours_names_no_other_host_and_finds_its_files() -> None:
    for sheet in [*STATIC.glob("*.css"), *STATIC.glob("parts/*.css")]:
        for address in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert (sheet.parent / address).is_file()


def test_every_sheet_is_linked() -> None:
    layout = (CHECKOUT / "templates" / "layout.html").read_text()

    for sheet in [*STATIC.glob("*.css"), *STATIC.glob("parts/*.css")]:
        name = sheet.relative_to(STATIC).with_suffix("").as_posix()
        assert f'"{name}"' in layout
