"""What a browser is told with every answer, and what it may not talk us into."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from portal import config
from portal.app import create_app
from portal.config import Config
from portal.web import security
from tests import stored, trip
from tests.sandbox.serving import serve
from tests.trip import ANN
from tests.web.baddays.windows import addresses, setup_link
from tests.web.browsing import BASE, Browser, token, words

HTTPS = "https://mail.example.com"
PAGES = ("/", "/settings", "/settings/reset", "/settings/test", "/setup", "/sign-in")
WRONG = (
    *("/nowhere", "/settings/", "/trips/over", "/trips/x", "/connect/x", "/approve/x"),
    *("/setup/x", "/consent/x", "/callback", "/consent/waiting", "/settings/progress"),
    *(
        "/%00",
        "/%ff",
        "/%F0%9F%92%8C",
        "//settings",
        "/settings/test/x",
        "/.git/config",
    ),
)
ELSEWHERE = [
    *("https://evil.example", "//evil.example", "///evil.example", "/\\evil.example"),
    *("\\\\evil.example", "/\t/evil.example", "/%09/evil.example", "/%5cevil.example"),
    *("javascript:alert(1)", "data:text/html,x", "/\r\nSet-Cookie: a=b", "/\x00"),
    *("/%0d%0aSet-Cookie:a=b", "@evil.example", ".evil.example", "", " //evil.example"),
    *("/\u2028/evil.example", "/\uff0fevil.example", "/./\\evil.example", "/x" * 2000),
]
HOSTS = [
    *("evil.example", "localhost:5000.evil.example", "localhost:5000@evil.example"),
    *("localhost:5001", "localhost", "127.0.0.1:5000", "[::1]:5000", "[::1", ""),
    *("localhost:5000/x", "localhost:5000\t", "local host:5000", "LOCALHOST:99999"),
]


@pytest.fixture
def secure(house: Config) -> Iterator[Browser]:
    """Sign Ann in at a portal that has an address of its own, over https."""
    with serve(redirect_uris=(f"{HTTPS}/callback",)) as sandbox:
        chosen = replace(
            house, base_url=HTTPS, login_url=sandbox.url, graph_url=sandbox.url
        )
        config.use(chosen)
        trip.register(admin=ANN)
        yield Browser(create_app(chosen), sandbox)


def test_every_answer_says_what_a_browser_may_do(ann: Browser) -> None:
    ann.ask(ANN)
    answers = {path: ann.get(path) for path in (*PAGES, *WRONG)}
    answers |= {
        f"{path} posted": ann.client.post(path, base_url=BASE) for path in PAGES
    }
    answers["too much"] = ann.post("/settings", {"sender": "x" * 1_000_001})

    for path, answer in answers.items():
        policy = answer.headers["Content-Security-Policy"]
        assert policy == security.CONTENT, path
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.status_code < 500, path
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_methods_that_no_page_has_change_nothing(ann: Browser) -> None:
    seen = set()
    form = {"csrf_token": token(ann.get("/settings")), "_method": "POST"}
    override = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    before = stored.rows("pending_change", "audit", "connection", "session", "trip")

    for path in addresses(ann.client.application, "POST", but=("api",)):
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
            answer = ann.client.open(
                path, method=method, base_url=BASE, data=form, headers=override
            )
            seen.add(answer.status_code)

    assert max(seen) < 500
    after = stored.rows("pending_change", "audit", "connection", "session", "trip")
    assert after == before


def test_no_address_leads_to_another_site(ann: Browser, anybody: Browser) -> None:
    for elsewhere in ELSEWHERE:
        for way in (f"/sign-in?next={quote(elsewhere)}", f"/sign-in?next={elsewhere}"):
            answer = ann.client.get(way, base_url=BASE)
            led = answer.headers["Location"]
            assert led[:1] == "/" != led[1:2], elsewhere
            assert "\\" not in led, elsewhere
            assert "Set-Cookie" not in answer.headers, elsewhere
    back = anybody.travel(f"/sign-in/start?next={quote(ELSEWHERE[0])}")
    assert back.headers["Location"] == "/settings"


def test_whatever_host_is_asked_for_leads_home_or_nowhere(anybody: Browser) -> None:
    link = trip.invite()
    for host in HOSTS:
        for path in (
            "/sign-in",
            f"/connect/{link}",
            "//evil.example/..",
            "/settings?a=b",
        ):
            answer = anybody.client.get(
                path,
                base_url=BASE,
                headers={"Host": host, "X-Forwarded-Host": "evil.example"},
            )
            assert answer.status_code in (303, 308, 400, 404), (host, path)
            led = answer.headers.get("Location", "/")
            assert led.startswith((f"{BASE}/", "/")), (host, path, led)
            assert "evil.example" not in led.replace(f"{BASE}/evil.example", ""), led
            assert "evil" not in answer.text.replace("/evil.example/", "")
    assert stored.rows("trip") == 0


def test_a_forwarded_host_names_nothing(ann: Browser) -> None:
    ann.ask(ANN)
    claims = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/evil",
        "Forwarded": "host=evil.example;proto=https",
    }

    pages = [ann.get(path, **claims) for path in (*PAGES, "/sign-in/start")]

    assert "evil" not in "".join(f"{page.headers}{page.text}" for page in pages)


def test_on_https_every_cookie_is_for_this_host_alone(secure: Browser) -> None:
    told = []
    get = secure.client.get
    left = get("/sign-in/start", base_url=HTTPS)
    back = secure.sandbox.sign_in(None, left.headers["Location"], as_=ANN)
    told += [left, get(back.removeprefix(HTTPS), base_url=HTTPS)]
    told += [
        get(path, base_url=HTTPS) for path in ("/settings", f"/setup/{setup_link()}")
    ]

    cookies = [each for page in told for each in page.headers.getlist("Set-Cookie")]

    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names == {f"__Host-{it}" for it in ("browser", "session", "csrf", "setup")}
    for cookie in cookies:
        marks = {*cookie.split("; ")}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= marks
        assert "Domain" not in cookie
    assert told[2].headers["Strict-Transport-Security"]
    assert told[2].status_code == 200


def test_on_https_a_form_of_another_site_is_refused_though_it_has_the_token(
    secure: Browser,
) -> None:
    page = secure.client.get(f"/setup/{setup_link()}", base_url=HTTPS)
    form = {"csrf_token": token(secure.client.get("/setup", base_url=HTTPS))}

    told = [
        secure.client.post("/setup", base_url=HTTPS, data=form, headers=headers)
        for headers in ({}, {"Referer": "https://evil.example/"})
    ]

    assert page.status_code == 303
    assert [answer.status_code for answer in told] == [400, 400]


@pytest.mark.parametrize("name", ["session", "csrf", "browser", "setup"])
def test_a_cookie_that_is_garbage_is_none(anybody: Browser, name: str) -> None:
    for garbage in ("x" * 60_000, "\x7f", "%00", '"', "a.b.c", "eyJhIjoxfQ.x.x", "é"):
        answer = anybody.client.get(
            "/settings", base_url=BASE, headers={"Cookie": f"{name}={garbage}"}
        )
        page = anybody.client.get(
            "/sign-in", base_url=BASE, headers={"Cookie": f"{name}={garbage}"}
        )
        assert (answer.status_code, page.status_code) == (303, 200), garbage[:20]


@pytest.mark.parametrize("base", ["http://[::1]:5000", "https://[2001:db8::1]"])
def test_an_address_of_version_6_is_a_home_too(house: Config, base: str) -> None:
    chosen = replace(house, base_url=base)
    config.use(chosen)
    client = create_app(chosen).test_client()

    at_home = client.get("/", base_url=base)
    led = client.get("/sign-in", base_url="http://[::2]:80")

    assert at_home.status_code == 200
    assert led.headers["Location"] == f"{base}/sign-in"


def test_what_somebody_is_called_is_text(ann: Browser) -> None:
    name = '"><script>alert(1)</script>{{7*7}}'
    change = trip.ask(ANN, by=name)

    page = ann.get(f"/settings?change={change.id}")

    assert "<script>alert" not in page.text
    assert name in words(page) or "{{7*7}}" in page.text
