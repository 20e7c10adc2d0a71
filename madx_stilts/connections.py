"""Connections that are watched: what came through them is counted, and all of them can be ended at once."""

import http.client
import io
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Ended(OSError):
    """A transfer was cut off."""


class TooSlowError(Ended):
    """It took longer than it may."""


class TooMuchError(Ended):
    """More came than was to come."""


class Watch:
    """The sockets of this process that lead to hubs, what came through them, and whether their time is over."""

    def __init__(self) -> None:
        # Not connections: these forget their socket while the body of a last answer is still read from it.
        self.open: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._waiting = 0
        self.begin()

    def begin(self) -> None:
        """Nothing came yet, and nothing is over."""
        self.ended: Ended | None = None
        self.received = 0
        self.most: float = math.inf
        self._waited, self._since = 0.0, time.monotonic()

    def require(self) -> None:
        """Refuse to go on when it is over.

        Raises:
            Ended: It is.
        """
        if self.ended is not None:
            raise self.ended

    def connect(self, connection: HTTPConnection, connect: Callable[[], None]) -> None:
        """Connect, and remember the socket.

        Raises:
            Ended: It is over.
        """
        self.require()
        with self.wait():
            connect()
        with self._lock:
            self.open.add(connection.sock)
        if self.ended is not None:  # perhaps while it connected
            connection.close()
        self.require()

    def end(self, why: Ended) -> None:
        """Shut all sockets down; what waits for them goes on with an error."""
        self.ended = self.ended or why
        with self._lock:
            found = list(self.open)
        for one in found:
            with suppress(OSError):  # closed already
                one.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Count the time of the block as waited for a server. Threads that wait at the same time wait once."""
        with self._lock:
            self._since = self._since if self._waiting else time.monotonic()
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                self._waited += 0 if self._waiting else time.monotonic() - self._since

    @property
    def waited(self) -> float:
        """Seconds so far in which something was waited for."""
        with self._lock:
            return self._waited + (time.monotonic() - self._since if self._waiting else 0)

    def arrived(self, count: int) -> None:
        """So many more bytes came.

        Raises:
            TooMuch: These are too many.
        """
        with self._lock:
            self.received += count
        if self.received > self.most:
            self.end(TooMuchError(f"it sends far more than it said: {self.received:,} bytes so far"))
            self.require()


WATCH = Watch()
"""Of this process."""


class _Tap(io.RawIOBase):
    """What comes through a socket, counted."""

    def __init__(self, source: io.RawIOBase) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        with WATCH.wait():
            count: int | None = self._source.readinto(buffer)
        WATCH.arrived(count or 0)
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None, url: str | None = None):
        super().__init__(sock, debuglevel, method, url)
        self.fp = io.BufferedReader(_Tap(self.fp.detach()))


class _Plain(HTTPConnection):
    response_class = _Answer

    def connect(self) -> None:
        WATCH.connect(self, super().connect)


class _Secure(HTTPSConnection):
    response_class = _Answer

    def connect(self) -> None:
        WATCH.connect(self, super().connect)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class WatchedConnections(HTTPAdapter):
    """Makes the connections of a session so that they can be ended."""

    def __init__(self) -> None:
        super().__init__()
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str) -> Any:  # type: ignore[override]  # `requests` gives no more than that
        """As in the base class."""
        manager = super().proxy_manager_for(proxy)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """As in the base class; once it is over, an error that the client does not take for one to try again after."""
        WATCH.require()
        try:
            return super().send(request, stream, timeout, verify, cert, proxies)
        except (requests.RequestException, OSError):
            WATCH.require()
            raise
