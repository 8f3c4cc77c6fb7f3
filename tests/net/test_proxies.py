"""A proxy on the road: what it is asked for, and what it answers for."""

import socket
import ssl
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from portal import config, net
from tests.microsoft.certificates import self_signed
from tests.microsoft.scripted import Server, Step, reply, say
from tests.sandbox import serving

BLOCK = 64 * 1024  # bytes
BREAK = struct.pack("ii", 1, 0)  # closing then sends RST


def test_a_proxy_is_asked_for_what_is_far_away(
    server: Server, settings: config.Config
) -> None:
    config.use(replace(settings, proxy=server.url))
    server.will(reply(407))

    with pytest.raises(net.Lost, match="proxy did not let us through") as lost:
        net.session().post("https://graph.example/x", data=net.Body(b"x"))

    assert server.requests[0].line.startswith("CONNECT graph.example:443 ")
    assert lost.value.sent is False


@pytest.mark.parametrize("after", [b"", b"<p>Hi", b"HTTP/1.1 202 OK\r\n\r\n"])
def test_a_proxy_that_answers_instead_has_got_nothing(
    server: Server, settings: config.Config, after: bytes
) -> None:
    config.use(replace(settings, proxy=server.url))
    server.will(say(b"HTTP/1.1 200 OK\r\n\r\n" + after))

    with pytest.raises(net.Lost) as lost:
        net.session().post("https://graph.example/x", data=net.Body(b"secret"))

    assert lost.value.sent is False
    assert [request.body for request in server.requests] == [b""]


def test_a_proxy_is_not_asked_for_this_machine(
    server: Server, settings: config.Config
) -> None:
    config.use(replace(settings, proxy="http://127.0.0.1:1"))

    assert net.session().get(server.url).status_code == 202


def test_a_proxy_is_not_asked_for_this_machine_over_tls_either(
    settings: config.Config, tmp_path: Path
) -> None:
    tls = self_signed().write(tmp_path)
    with serving.serve(tls=tls) as sandbox:
        here = replace(settings, ca_bundle=tls[0], proxy="http://127.0.0.1:1")
        config.use(here)

        assert net.session().get(f"{sandbox.url}/mails.json").status_code == 200


@pytest.mark.parametrize("body", [bytes, net.Body])
def test_an_answer_lost_behind_a_proxy_is_not_its_fault(
    server: Server, settings: config.Config, tmp_path: Path, body: type
) -> None:
    tls = self_signed(host="graph.example").write(tmp_path)
    config.use(replace(settings, ca_bundle=tls[0], proxy=server.url))
    server.will(tunnel(tls))

    with pytest.raises(net.Lost, match="broke off") as lost:
        net.session().post("https://graph.example/x", data=body(b"x"))

    assert lost.value.sent is True


def tunnel(tls: tuple[Path, Path]) -> Step:
    """Let a request through to somebody who takes all of it, and breaks off."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*tls)

    def act(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with context.wrap_socket(peer, server_side=True) as far:
            taken = far.recv(BLOCK)
            while not taken.endswith(b"\r\n\r\nx"):
                taken += far.recv(BLOCK)
            far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BREAK)

    return Step(act)
