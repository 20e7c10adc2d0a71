"""Now and then, how far a long piece of work is."""

import time
from collections.abc import Callable

SECONDS = 10.0
"""Between two lines: often enough to see that something happens, and few enough for a log file."""


class TextLines:
    """Says now and then how many texts were tokenized, unless that is soon over.

    Args:
        say: Takes each line.
        clock: Tells the time in seconds.
    """

    def __init__(self, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._what, self._last = "", 0.0

    def __call__(self, what: str, texts: int) -> None:
        """So many texts of a data set were tokenized."""
        now = self._clock()
        if what != self._what:
            self._what, self._last = what, now
        if now - self._last >= SECONDS:
            self._last = now
            self._say(f"{what}: {texts:,} texts are tokenized")


class ProgressLines:
    """An `OnBatch` that says how far the work is, unless it is soon over.

    Args:
        say: Takes each line.
        what: What is done, as the beginning of a line.
        seconds: Between two lines, and between the first batch and the first line; None: `SECONDS`.
        clock: Tells the time in seconds.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        what: str,
        *,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._what = say, what
        self._seconds, self._clock = SECONDS if seconds is None else seconds, clock
        self._last = 0.0

    def __call__(self, done: int, batches: int) -> None:
        """So many batches are done."""
        now = self._clock()
        if done == 1:
            self._last = now
        if now - self._last >= self._seconds and done < batches:
            self._last = now
            self._say(f"{self._what}: batch {done:,} of {batches:,}")
