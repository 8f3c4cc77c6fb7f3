"""The road to the world: what is sent, what is lost, and what may be repeated."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from requests import Session

from portal import config, net
from portal.errors import ConfigError
from tests.microsoft.certificates import self_signed
from tests.microsoft.scripted import Server, reply, reset, say, serve
from tests.sandbox import serving

QUICK = (2, 0.3)  # seconds to connect and to wait
FAR_TOO_MUCH = 64 * 1024 * 1024  # bytes, more than any socket buffers


def post(server: Server, body: net.Body) -> net.Response:
    return net.session().post(server.url, data=body, timeout=QUICK)


def zeros(length: int) -> net.Body:
    block = bytes(1024 * 1024)
    return net.Body((block for _ in range(length // len(block))), length)


def test_a_body_arrives_with_its_length(server: Server) -> None:
    body = net.Body((chunk for chunk in [b"one ", b"", b"two"]), 7)

    post(server, body)

    assert server.requests[0].body == b"one two"
    assert server.requests[0].headers["content-length"] == "7"
    assert body.spent


def test_an_empty_body_is_announced_and_watched(server: Server) -> None:
    body = net.Body(b"")

    post(server, body)

    assert server.requests[0].headers["content-length"] == "0"
    assert "transfer-encoding" not in server.requests[0].headers
    assert body.spent


def test_a_body_of_another_length_than_promised_is_a_mistake(server: Server) -> None:
    with pytest.raises(ValueError, match="not as long"):
        post(server, net.Body([b"short"], 7))


def test_a_body_is_not_spent_while_its_last_block_is_on_the_way() -> None:
    body = net.Body(b"abc")

    assert body.read(2) + body.read(2) == b"abc"
    assert not body.spent

    assert body.read(2) == b""
    assert body.spent


def test_a_reset_before_the_last_byte_left_nothing_sent(server: Server) -> None:
    server.will(reset(takes=1000))

    with pytest.raises(net.Lost) as lost:
        post(server, zeros(FAR_TOO_MUCH))

    assert lost.value.sent is False


def test_a_reset_after_the_last_byte_may_have_sent_it(server: Server) -> None:
    server.will(reset())

    with pytest.raises(net.Lost, match="broke off") as lost:
        post(server, net.Body(b"all of it"))

    assert lost.value.sent is True


def test_silence_may_have_sent_it(server: Server) -> None:
    server.will(server.silence())

    with pytest.raises(net.Lost, match=r"127\.0\.0\.1 did not answer in time") as lost:
        post(server, net.Body(b"all of it"))

    assert lost.value.sent is True


def test_a_server_that_stops_reading_has_not_got_it(server: Server) -> None:
    server.will(replace(server.silence(), takes=1000))

    with pytest.raises(net.Lost) as lost:
        net.session().post(server.url, data=zeros(FAR_TOO_MUCH), timeout=(0.3, 0.3))

    assert lost.value.sent is False


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"HTTP/1.1 2",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
        b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\n\r\nnot gzip",
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
)
def test_an_answer_cut_short_is_lost(server: Server, text: bytes) -> None:
    server.will(say(text))

    with pytest.raises(net.Lost) as lost:
        post(server, net.Body(b"x"))

    assert lost.value.sent is True


def test_an_answer_is_read_up_to_a_limit(server: Server) -> None:
    server.will(reply(200, bytes(net.ANSWER_LIMIT)))
    server.will(reply(200, bytes(net.ANSWER_LIMIT + 1)))

    assert len(post(server, net.Body(b"x")).content) == net.ANSWER_LIMIT
    with pytest.raises(net.Lost, match="too great a length"):
        post(server, net.Body(b"x"))


def test_nobody_there_means_nothing_sent() -> None:
    with serve() as server:
        pass

    with pytest.raises(net.Lost, match="refused the connection") as lost:
        net.session().get(server.url)

    assert lost.value.sent is False


def test_an_unknown_name_means_nothing_sent() -> None:
    with pytest.raises(net.Lost) as lost:
        net.session().get("http://nowhere.invalid/")

    assert lost.value.sent is False


def test_a_failed_handshake_means_nothing_sent(server: Server) -> None:
    with pytest.raises(net.Lost, match="TLS handshake with") as lost:
        net.session().post(f"https://127.0.0.1:{server.port}", data=net.Body(b"x"))

    assert lost.value.sent is False


def test_a_refused_connection_is_tried_again_but_nothing_else(server: Server) -> None:
    server.will(reset(), reset())

    with pytest.raises(net.Lost):
        net.session().get(server.url)

    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.will(reply(302, location=f"{server.url}/elsewhere"))

    answer = net.session().get(server.url)

    assert answer.status_code == 302
    assert len(server.requests) == 1


def test_no_cookie_is_kept(server: Server) -> None:
    server.will(reply(202, set_cookie="a=b"))

    post(server, net.Body(b"x"))
    post(server, net.Body(b"x"))

    assert "cookie" not in server.requests[1].headers


def test_it_says_who_we_are(server: Server) -> None:
    net.session().get(server.url)

    assert server.requests[0].headers["user-agent"].startswith("mail-portal/")


def test_a_connection_is_used_again(server: Server) -> None:
    for _ in range(3):
        post(server, net.Body(b"x"))

    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_after_a_503_the_next_request_takes_a_new_connection(server: Server) -> None:
    server.will(reply(503, b"busy"))

    for _ in range(3):
        post(server, net.Body(b"x"))

    assert [request.connection for request in server.requests] == [1, 2, 2]


def test_a_connection_that_rested_too_long_is_not_used_again(server: Server) -> None:
    session = Session()
    net.furnish(session)
    session.mount("http://", net.Adapter(idle_seconds=0))

    for _ in range(2):
        session.post(server.url, data=net.Body(b"x"))

    assert [request.connection for request in server.requests] == [1, 2]


def test_a_broken_answer_gives_its_place_in_the_pool_back(server: Server) -> None:
    for _ in range(2 * net.POOL_SIZE):
        server.will(say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"))
        with pytest.raises(net.Lost):
            net.session().get(server.url, timeout=QUICK)


def test_the_chosen_authorities_are_the_ones_trusted(
    settings: config.Config, tmp_path: Path
) -> None:
    tls = self_signed().write(tmp_path)
    with serving.serve(tls=tls) as sandbox:
        with pytest.raises(net.Lost, match="is not trusted"):
            net.session().get(sandbox.url)

        config.use(replace(settings, ca_bundle=tls[0]))

        assert net.session().get(f"{sandbox.url}/mails.json").status_code == 200


def test_nobody_else_is_trusted_then(settings: config.Config, tmp_path: Path) -> None:
    others = self_signed().write(tmp_path)
    config.use(replace(settings, ca_bundle=others[0]))
    (tmp_path / "another").mkdir()

    tls = self_signed().write(tmp_path / "another")
    untrusted = pytest.raises(net.Lost, match="is not trusted")
    with serving.serve(tls=tls) as sandbox, untrusted:
        net.session().get(sandbox.url)


def test_authorities_that_are_none_are_told_to_the_operator(
    settings: config.Config, tmp_path: Path
) -> None:
    path = tmp_path / "authorities.pem"
    path.write_text("geheim")
    config.use(replace(settings, ca_bundle=path))

    with pytest.raises(ConfigError, match="^PORTAL_CA_BUNDLE "):
        net.session()


@pytest.mark.parametrize("ruin", [Path.unlink, lambda path: path.write_text("geheim")])
def test_authorities_that_vanish_or_break_are_trusted_on(
    settings: config.Config, tmp_path: Path, ruin: Callable[[Path], object]
) -> None:
    tls = self_signed().write(tmp_path)
    path = tmp_path / "authorities.pem"
    shutil.copy(tls[0], path)
    chosen = replace(settings, ca_bundle=path)
    net.check(chosen)
    config.use(chosen)
    ruin(path)

    with serving.serve(tls=tls) as sandbox:
        assert net.session().get(f"{sandbox.url}/mails.json").status_code == 200


def test_the_environment_has_no_say(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")

    assert net.session().get(server.url).status_code == 202
