"""Transfers that end: what takes longer than it may is cut off, also a body or a header that comes a byte at a time.

A timeout of a socket holds for one read, so a server that sends something now and then is waited for without end.
Here a thread keeps watch and shuts the sockets down, wherever in the client the waiting happens. What goes past
`requests` (`hf_xet`, `hf_transfer`) cannot be watched, so it is switched off meanwhile.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from huggingface_hub import constants

from madx_stilts.connections import WATCH, TooSlowError
from madx_stilts.errors import MadxStiltsError

_BESIDE_FILES: Final = 200_000_000
"""Bytes that may come beside files: lists of what a repository holds, headers, pages of errors."""
_LARGEST: Final = 1 << 40
"""Bytes of one file; a hub that claims more is not believed."""
_TICK: Final = 0.01
_BYPASSES: Final = {"HF_HUB_DISABLE_XET": True, "HF_HUB_ENABLE_HF_TRANSFER": False}
"""Settings of `huggingface_hub` with which all goes through `requests`."""


class ReceivedBytes:
    """What of a download came so far."""

    expected: int | None = None
    """Bytes of the files; None: not known."""

    def expect(self, sizes: Iterable[object]) -> None:
        """These files will come too.

        Args:
            sizes: Bytes of each, as the hub says; where it says nothing that can be, there is no limit to what may
                come.
        """
        for size in sizes:
            if isinstance(size, int) and 0 <= size <= _LARGEST:
                self.expected = (self.expected or 0) + size
                WATCH.most += size
            else:
                WATCH.most = math.inf

    def __str__(self) -> str:
        of = f" of about {self.expected:,}" if WATCH.received < (self.expected or 0) else ""
        return f"{WATCH.received:,}{of} bytes came in {WATCH.waited:,.0f} seconds of waiting"


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """Cut off the transfers inside the block when that time has passed. Blocks are not nested.

    Raises:
        TooSlow: The time has passed. What was read without an error may be cut short, so it counts no more.
    """
    last = time.monotonic() + seconds
    with _watched(lambda: last - time.monotonic(), lambda: f"it was not done after {seconds:,.0f} seconds"):
        yield


@contextmanager
def keeps_pace(seconds: float, *, rate: float) -> Iterator[ReceivedBytes]:
    """Cut off the downloads inside the block as soon as they are slower, on the whole, than `rate`.

    So a download of any size that keeps the pace is never cut, and a server that sends a byte now and then is left
    soon, whatever size it claimed. Only time counts in which a server is waited for: not that of writing, nor of
    waiting for another process that downloads the same.

    Args:
        seconds: What may be waited besides.
        rate: In bytes a second.

    Raises:
        TooSlow: See `ends_within`; with what came.
        TooMuch: Much more comes than was expected.
    """
    arrivals = ReceivedBytes()
    with _watched(lambda: seconds + WATCH.received / rate - WATCH.waited, lambda: f"too slow, {arrivals}"):
        WATCH.most = _BESIDE_FILES
        yield arrivals


@contextmanager
def _watched(left: Callable[[], float], say: Callable[[], str]) -> Iterator[None]:
    """End what happens inside the block when no time is left.

    Args:
        left: Seconds that are left.
        say: Tells why it ended.
    """
    WATCH.begin()
    done = threading.Event()

    def watch() -> None:
        while (rest := left()) > 0:
            if done.wait(min(max(rest, _TICK), threading.TIMEOUT_MAX)):
                return
        WATCH.end(TooSlowError(say()))

    guard = threading.Thread(target=watch, daemon=True)
    before = {name: getattr(constants, name) for name in _BYPASSES}
    _set_constants(_BYPASSES)
    guard.start()
    try:
        yield
        WATCH.require()
    except (OSError, ValueError, RuntimeError, MadxStiltsError) as error:
        if WATCH.ended is not None and error is not WATCH.ended:
            raise WATCH.ended from error
        raise
    finally:
        done.set()
        guard.join()
        _set_constants(before)
        WATCH.begin()


def _set_constants(values: Mapping[str, bool]) -> None:
    for name, value in values.items():
        setattr(constants, name, value)
