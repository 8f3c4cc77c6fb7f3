"""A test reaches nothing but this machine, and finds nothing this machine has set;
what this machine lacks is said."""

import os
import socket

import pytest
from pytest_socket import SocketConnectBlockedError

from tests.absent import lacking


def test_nothing_beyond_this_machine_can_be_reached() -> None:
    refused = pytest.raises(SocketConnectBlockedError)

    with pytest.warns(UserWarning, match=r"192\.0\.2\.1"), refused:
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_nothing_is_configured_unless_a_test_says_so() -> None:
    assert [name for name in os.environ if name.startswith("PORTAL_")] == []
    assert [name for name in os.environ if name.lower().endswith("_proxy")] == []


def test_what_is_missing_is_skipped_but_not_in_ci(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no nodemailer"):
        lacking("no nodemailer")

    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no nodemailer"):
        lacking("no nodemailer")
