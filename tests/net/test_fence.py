"""The fence: what people type leads nowhere that only this machine can see."""

import time
import zlib
from collections.abc import Iterator

import pytest
from requests import Session

from portal import config, net
from portal.config import Config
from portal.net import fence
from tests.microsoft.scripted import Server, reply, say, serve

SOON, LATE = 0.3, 10  # seconds
HERE = "127.0.0.1/32"
ANYTHING = b"x" * (fence.ANSWER_LIMIT + 1)


@pytest.fixture
def server(settings: Config) -> Iterator[Server]:
    with serve() as server:
        yield server


def allow(networks: str, **others: str) -> None:
    """Let alerts go to these networks from now on."""
    config.use(config.read({"PORTAL_ALERT_PRIVATE": networks, **others}))


def post(url: str) -> net.Response:
    return fence.session().post(url, data=b"{}")


@pytest.mark.parametrize(
    "found",
    [
        "127.0.0.1",
        "127.8.9.1",
        "::1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",  # shared by carriers
        "169.254.169.254",  # where clouds tell their secrets
        "fd00:ec2::254",
        "fe80::1%eth0",
        "224.0.0.1",
        "255.255.255.255",
        "::ffff:127.0.0.1",  # the same in other clothes
        "::ffff:a00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_what_only_this_machine_can_see_is_closed(settings: Config, found: str) -> None:
    assert not fence.open_to(found)


@pytest.mark.parametrize("found", ["93.184.215.14", "2606:4700::1111"])
def test_the_world_is_open(settings: Config, found: str) -> None:
    assert fence.open_to(found)


def test_the_operator_opens_a_network_and_no_other(settings: Config) -> None:
    allow("10.1.0.0/16, fd00:1::/32")

    assert fence.open_to("10.1.2.3")
    assert fence.open_to("::ffff:10.1.2.3")
    assert fence.open_to("fd00:1::5")
    assert not fence.open_to("10.2.0.1")
    assert not fence.open_to("127.0.0.1")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0"]
)
def test_nothing_gets_there_however_it_is_spelled(server: Server, host: str) -> None:
    with pytest.raises(net.Lost, match="leads into a private network"):
        post(f"http://{host}:{server.port}/")

    assert server.requests == []


def test_what_is_named_is_reached(server: Server) -> None:
    allow(HERE)

    assert post(server.url).status_code == 202
    assert server.requests[0].body == b"{}"


def test_nobody_is_led_on(server: Server) -> None:
    allow(HERE)
    server.will(reply(307, Location=f"{server.url}/secret"))

    assert post(server.url).status_code == 307
    assert len(server.requests) == 1


def test_a_long_answer_is_not_read_to_its_end(server: Server) -> None:
    allow(HERE)
    server.will(reply(200, ANYTHING))

    with pytest.raises(net.Lost, match="too great a length"):
        post(server.url)


def test_a_packed_answer_counts_as_long_as_it_is(server: Server) -> None:
    allow(HERE)
    packed = zlib.compress(bytes(100 * 1024 * 1024))
    server.will(reply(200, packed, Content_Encoding="deflate"))

    with pytest.raises(net.Lost, match="too great a length"):
        post(server.url)


def test_a_slow_answer_is_not_waited_for(server: Server) -> None:
    allow(HERE)
    hasty = Session()
    net.furnish(hasty)
    hasty.mount("http://", fence.Adapter(longest=SOON))
    server.will(server.drip(b"HTTP/1.1 200 Said\r\n", b"X: " + b"x" * 1000, 0.1))
    began = time.monotonic()

    with pytest.raises(net.Lost):
        hasty.post(server.url)

    assert time.monotonic() - began < LATE


def test_through_a_proxy_it_leads_nowhere_private_either(server: Server) -> None:
    allow("", PORTAL_PROXY=server.url)

    with pytest.raises(net.Lost, match="leads into a private network"):
        post("https://localhost/")

    assert server.requests == []


def test_the_proxy_itself_may_be_anywhere(server: Server) -> None:
    allow("", PORTAL_PROXY=server.url)
    server.will(say(b"HTTP/1.1 403 Forbidden\r\n\r\n"))

    with pytest.raises(net.Lost, match="The proxy did not let us through"):
        post("https://hooks.contoso.invalid/")

    assert server.requests[0].line.startswith("CONNECT hooks.contoso.invalid:443")
