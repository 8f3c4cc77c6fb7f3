"""Connections that obey a deadline, and pools that trust none that rested too long."""

import math
from socket import SOCK_STREAM, gaierror, getaddrinfo, socket
from typing import Any, cast

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection

from portal import clock
from portal.net import deadline
from portal.net.deadline import Answer


class Connection(HTTPConnection):
    """A connection that obeys a deadline, and knows until when to be used again."""

    good_until = math.inf
    response_class = Answer
    _let_through = False  # by a proxy: what breaks then is not for it to answer

    @property
    def has_connected_to_proxy(self) -> bool:
        """Tell so also when the connection is closed, which the library forgets."""
        return self._let_through or super().has_connected_to_proxy

    def _new_conn(self) -> socket:
        """Try one address of the host after the other, as long as there is time."""
        self._let_through = False
        failure: Exception = urllib3_errors.NewConnectionError(self, "no address")
        for address in self._addresses():
            try:
                return self._connect_to(address)
            except urllib3_errors.HTTPError as error:
                failure = error
        raise failure

    def _connect_to(self, address: str) -> socket:
        name, self._dns_host = self._dns_host, address
        try:
            self.timeout = deadline.to_connect()
            return super()._new_conn()
        except TimeoutError as error:
            raise urllib3_errors.ConnectTimeoutError(self, str(error)) from error
        finally:
            self._dns_host = name

    def _addresses(self) -> list[str]:
        try:
            found = getaddrinfo(self._dns_host, self.port, type=SOCK_STREAM)
        except (gaierror, UnicodeError) as error:
            reason = cast(gaierror, error)
            raise urllib3_errors.NameResolutionError(self.host, self, reason) from error
        return [str(address[0]) for *_, address in found]

    def _tunnel(self) -> None:
        super()._tunnel()
        self._let_through = True
        # What follows is still connecting.
        self.sock.settimeout(self.timeout)

    def send(self, data: Any) -> None:
        """Send a block; nothing leaves after the deadline."""
        if self.sock is None:
            self.connect()
        self.sock.settimeout(deadline.to_wait())
        super().send(data)


class SecureConnection(Connection, HTTPSConnection):
    """The same, over TLS."""


class Pool(HTTPConnectionPool):
    """A pool that opens a connection anew when it rested too long, or served badly."""

    ConnectionCls = Connection

    def __init__(self, idle_seconds: float, *arguments: Any, **options: Any) -> None:
        self.idle_seconds = idle_seconds
        super().__init__(*arguments, **options)

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(deadline.left())
        if clock.seconds() > connection.good_until:
            connection.close()
        connection.good_until = math.inf
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            rested = clock.seconds() + self.idle_seconds
            connection.good_until = min(connection.good_until, rested)
        super()._put_conn(connection)


class SecurePool(Pool, HTTPSConnectionPool):
    """The same, over TLS."""

    ConnectionCls = SecureConnection
