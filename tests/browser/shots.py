"""Make pictures of pages.

python -m tests.browser.shots DIRECTORY [NAME…] makes one of each page in each look,
python -m tests.browser.shots --docs [NAME…] those that the documentation shows.
"""

import base64
import struct
import sys
import zlib
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.browser import launched, opened
from tests.web import CHECKOUT
from tests.web.pages import PAGES, served

DOCS = CHECKOUT / "docs" / "shots"
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "phone": ("light", 390)}
DIALOGS = (
    "settings-reset",
    "settings-test-waiting",
    "settings-test-sent",
    "settings-test-failed",
)
# By the name of the picture: the name of the page, and how it is looked at.
SHOWN = {
    **{
        name: (name, "light")
        for name in (
            "settings-not-connected",
            "settings-pending",
            "settings-waiting",
            "settings-proposal",
            "settings-reconnect",
            "settings-attention",
            "settings-large",
            "settings-overdue",
            "settings-renamed",
            "settings-pending-first",
            "settings-approved",
            *DIALOGS,
            "setup",
            "setup-environment",
            "setup-rotating",
            "setup-waiting",
            "setup-wrong",
            "sign-in",
            "sign-in-not-registered",
            "sign-in-waiting",
            "forbidden",
            "link-ended",
            "trip-over",
            "message-uploading",
            "message-needs-large",
            "message-held",
            "message-unconfirmed",
            "keys-created",
        )
    },
    "messages-list": ("messages-list-held", "light"),
    "messages-decide": ("decided-goes-on", "light"),
    "alerts": ("alerts-usual", "light"),
    "account": ("account-smtp", "light"),
    "account-google": ("account-new-google", "light"),
    "log": ("log-open", "light"),
    "verification": ("verification-well", "light"),
    "verification-failed": ("verification-expired", "light"),
    "overview": ("overview-busy", "light"),
    "overview-dark": ("overview-bad", "dark"),
    "overview-phone": ("overview-busy", "phone"),
    "settings": ("settings-connected", "light"),
    "settings-second": ("settings-of-another", "light"),
    "settings-dark": ("settings-connected", "dark"),
    "settings-phone": ("settings-connected", "phone"),
    "trip-approved": ("approved", "light"),
    "trip-failed": ("failed", "light"),
    "trip-proposed": ("proposed", "light"),
    "trip-waiting": ("failed-sign-in", "light"),
    "trip-connected": ("succeeded-held", "light"),
}
# Pictures of pages whose details are open.
UNFOLDED = ("message-held", "message-unconfirmed")
UNFOLD = "for (const folded of document.querySelectorAll('details')) folded.open = true"
# Colours that hardly differ become one: a page without photographs looks the same, in
# half the bytes.
REDUCE = """async png => {
    const ALIKE = 10;  // squared distance of two colours
    const read = await fetch(`data:image/png;base64,${png}`);
    const picture = await createImageBitmap(await read.blob());
    const { width, height } = picture;
    const paper = new OffscreenCanvas(width, height).getContext("2d");
    paper.drawImage(picture, 0, 0);
    const dots = new Uint32Array(paper.getImageData(0, 0, width, height).data.buffer);
    const counts = new Map();
    for (const dot of dots) counts.set(dot, (counts.get(dot) ?? 0) + 1);
    const all = [...counts].sort((one, other) => other[1] - one[1]).map(([dot]) => dot);
    const parts = dot => [dot & 255, (dot >> 8) & 255, (dot >> 16) & 255];
    const far = (one, two) =>
        one.reduce((sum, part, nth) => sum + (part - two[nth]) ** 2, 0);
    const colours = [];
    for (const own of all.map(parts)) {
        const fresh = colours.every(it => far(it, own) > ALIKE);
        if (fresh && colours.length < 256) colours.push(own);
    }
    const nearest = new Map(all.map(dot => {
        const away = colours.map(it => far(it, parts(dot)));
        return [dot, away.indexOf(Math.min(...away))];
    }));
    const places = Uint8Array.from(dots, dot => nearest.get(dot));
    const reader = new FileReader();
    const told = new Promise(done => reader.onload = done);
    reader.readAsDataURL(new Blob([places]));
    await told;
    return { width, colours, places: reader.result.split(",")[1] };
}"""


def main(directory: str, *names: str) -> None:
    if directory == "--docs":
        folder, wanted = DOCS, {name: SHOWN[name] for name in names or SHOWN}
    else:
        folder, wanted = Path(directory), everything(*names)
    folder.mkdir(parents=True, exist_ok=True)
    with served() as address, launched() as browser:
        for look in LOOKS:
            pages = {
                shot: page for shot, (page, seen) in wanted.items() if seen == look
            }
            take(browser, look, address, pages, folder)


def everything(*names: str) -> dict[str, tuple[str, str]]:
    """Want these pages, or all, in every look."""
    return {f"{name}-{look}": (name, look) for look in LOOKS for name in names or PAGES}


def take(
    browser: Browser, look: str, address: str, pages: dict[str, str], folder: Path
) -> None:
    """Make pictures of pages in one look; a dialog stands where one would see it."""
    with opened(browser, *LOOKS[look]) as window:
        tab = window.new_page()
        for shot, page in pages.items():
            tab.goto(f"{address}/pages/{page}")
            if shot in UNFOLDED:
                tab.evaluate(UNFOLD)
            picture = tab.screenshot(full_page=page not in DIALOGS)
            tab.goto("about:blank")
            (folder / f"{shot}.png").write_bytes(reduced(tab, picture))


def reduced(tab: Page, png: bytes) -> bytes:
    """Return a picture in 256 colours: those that it has most of, and that differ."""
    found = tab.evaluate(REDUCE, base64.b64encode(png).decode())
    width, dots = found["width"], base64.b64decode(found["places"])
    lines = [dots[at : at + width] for at in range(0, len(dots), width)]
    head = struct.pack(">IIBBBBB", width, len(lines), 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"PLTE", bytes(sum(found["colours"], []))),
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + line for line in lines), 9)),
            chunk(b"IEND", b""),
        )
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    """Frame a piece of a PNG file: https://www.w3.org/TR/png-3/#5Chunk-layout"""
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


if __name__ == "__main__":
    main(*sys.argv[1:])
