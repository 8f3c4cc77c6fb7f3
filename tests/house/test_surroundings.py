"""A test reaches nothing but this machine, and finds nothing this machine has set."""

import os
import socket
import subprocess
import sys

import pytest
from pytest_socket import SocketConnectBlockedError


def test_nothing_beyond_this_machine_can_be_reached() -> None:
    refused = pytest.raises(SocketConnectBlockedError)

    with pytest.warns(UserWarning, match=r"192\.0\.2\.1"), refused:
        socket.create_connection(("192.0.2.1", 443), timeout=1)


def test_nothing_is_configured_unless_a_test_says_so() -> None:
    assert [name for name in os.environ if name.startswith("PORTAL_")] == []
    assert [name for name in os.environ if name.lower().endswith("_proxy")] == []


def test_looking_into_a_room_does_not_furnish_the_house() -> None:
    program = "import sys, portal.clock; print(*sorted(sys.modules))"
    seen = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert "portal.clock" in seen.stdout.split()
    assert {"flask", "requests", "sqlalchemy"} & set(seen.stdout.split()) == set()
