"""Transfers that end: what takes longer than it may is cut off, also a body or a header that comes a byte at a time.

A timeout of a socket holds for one read, so a server that sends something now and then is waited for without end.
Here a timer shuts the sockets down, wherever in the client the waiting happens.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from madx_stilts.errors import MadxStiltsError


class TooSlow(OSError):
    """A transfer took longer than it may."""


class _Watch:
    """The sockets of this process that lead to hubs, and whether their time is over."""

    def __init__(self) -> None:
        # Not connections: these forget their socket while the body of a last answer is still read from it.
        self.open: WeakSet[socket.socket] = WeakSet()
        self.over = False
        self._lock = threading.Lock()

    def connect(self, connection: HTTPConnection, connect: Callable[[], None]) -> None:
        """Connect, and remember the socket.

        Raises:
            ConnectTimeoutError: The time is over.
        """
        if not self.over:
            connect()
            with self._lock:
                self.open.add(connection.sock)
        if self.over:  # perhaps while it connected
            connection.close()
            raise ConnectTimeoutError(connection, "the time for this transfer is over")

    def end(self) -> None:
        """Shut all sockets down; what waits for them goes on with an error."""
        self.over = True
        with self._lock:
            found = list(self.open)
        for one in found:
            with suppress(OSError):  # closed already
                one.shutdown(socket.SHUT_RDWR)


_WATCH = _Watch()


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """Cut off the transfers inside the block when that time has passed. Blocks are not nested.

    Raises:
        TooSlow: The time has passed. What was read without an error may be cut short, so it counts no more.
    """
    timer = threading.Timer(seconds, _WATCH.end)
    timer.daemon = True
    timer.start()
    late = TooSlow(f"it was not done after {seconds:,.0f} seconds")
    try:
        yield
        if _WATCH.over:
            raise late
    except (OSError, ValueError, RuntimeError, MadxStiltsError) as error:
        if _WATCH.over and error is not late:
            raise late from error
        raise
    finally:
        timer.cancel()
        timer.join()
        _WATCH.over = False


class _Plain(HTTPConnection):
    def connect(self) -> None:
        _WATCH.connect(self, super().connect)


class _Secure(HTTPSConnection):
    def connect(self) -> None:
        _WATCH.connect(self, super().connect)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class Watched(HTTPAdapter):
    """Makes the connections of a session so that `ends_within` can end them."""

    def __init__(self) -> None:
        super().__init__()
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str) -> Any:  # type: ignore[override]  # `requests` gives no more than that
        """As in the base class."""
        manager = super().proxy_manager_for(proxy)
        manager.pool_classes_by_scheme = _POOLS
        return manager
