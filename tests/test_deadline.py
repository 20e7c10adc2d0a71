"""A download may take as long as it needs if enough arrives; one that does not is cut off, and says what came."""

import io
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
import requests
from huggingface_hub import constants
from huggingface_hub.utils._runtime import is_xet_available

from madx_stilts.connections import WATCH, TooMuchError, TooSlowError, Watch, WatchedConnections, _Tap
from madx_stilts.deadline import ends_within, keeps_pace

RATE = 0.001
"""Bytes a second: what came before gives all the time that a test could need."""


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """A server that sends a byte now and then: without end at /, at /short until something was waited for."""
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while not closed.wait(0.01) and (self.path == "/" or WATCH.waited < 0.2):
                    self.wfile.write(b"x")

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    closed.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[requests.Session]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with requests.Session() as session:
        session.mount("http://", WatchedConnections())
        yield session


def test_a_byte_now_and_then_is_too_slow_whatever_size_was_claimed(slow: str, session: requests.Session) -> None:
    def fetch() -> None:
        with keeps_pace(0.05, rate=1e9) as arrivals:
            arrivals.expect([2_000_000_000])
            session.get(f"{slow}/")

    with pytest.raises(TooSlowError, match=r"of about 2,000,000,000 bytes came in"):
        fetch()


def test_what_came_gives_time_for_what_is_to_come(slow: str, session: requests.Session) -> None:
    with keeps_pace(0.1, rate=RATE):
        WATCH.arrived(1)
        content = session.get(f"{slow}/short").content
    assert set(content) <= {*b"x"}


def test_far_more_than_was_said_is_not_read(
    slow: str, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("madx_stilts.deadline._BESIDE_FILES", 20)

    def fetch() -> None:
        with keeps_pace(9_999, rate=RATE) as arrivals:
            arrivals.expect([5])
            session.get(f"{slow}/")

    with pytest.raises(TooMuchError, match="more than it said"):
        fetch()


@pytest.mark.parametrize("odd", [None, "5", -1, 10**40, 1.5, [5]])
def test_a_size_that_cannot_be_counts_as_not_said(odd: object) -> None:
    with keeps_pace(9_999, rate=RATE) as arrivals:
        arrivals.expect([7, odd])
        assert arrivals.expected == 7


def test_only_time_counts_in_which_a_server_is_waited_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("madx_stilts.connections.time", SimpleNamespace(monotonic=lambda: clock.now))
    watch = Watch()
    clock.now += 1_000
    with ExitStack() as both:
        both.enter_context(watch.wait())
        clock.now += 1
        with watch.wait():
            clock.now += 2
        assert watch.waited == 3
    clock.now += 1_000
    assert watch.waited == 3


def test_bytes_are_counted_as_they_come_not_as_they_are_taken() -> None:
    with keeps_pace(9_999, rate=RATE):
        reader = io.BufferedReader(_Tap(io.FileIO(__file__)), 64)
        reader.read(1)
        assert WATCH.received == 64
        reader.close()


def test_what_cannot_be_watched_is_off_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    monkeypatch.setattr(constants, "HF_HUB_ENABLE_HF_TRANSFER", True)
    for block in (ends_within(9_999), keeps_pace(9_999, rate=RATE)):
        with block:
            assert (is_xet_available(), constants.HF_HUB_ENABLE_HF_TRANSFER) == (False, False)
        assert (constants.HF_HUB_DISABLE_XET, constants.HF_HUB_ENABLE_HF_TRANSFER) == (False, True)
