"""A polite stop: the first SIGTERM or SIGINT lets the running step end, so that a checkpoint can be written."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """A request to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


class Stopped(Exception):
    """Raised between two batches, to leave work that is done again by the next run."""


def ended_by(stop: StopRequest, on_batch: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """An `OnBatch` that passes on how far work is, and ends it with `Stopped` where that is asked for."""

    def watch(done: int, batches: int) -> None:
        on_batch(done, batches)
        if stop:
            raise Stopped

    return watch


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does, with a KeyboardInterrupt, so that what is half-written is removed.

    Outside the main thread signals cannot be caught, and nothing changes.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Catch the first stop signal inside the block; a second one acts as usual.

    Outside the main thread signals cannot be caught, and the request stays empty.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, frame: FrameType | None) -> None:
        request.signal = number
        restore()

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield request
    finally:
        restore()
