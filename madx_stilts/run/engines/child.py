"""A worker process, as the run that started it sees it."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

from madx_stilts.errors import Interrupted, NotAvailable
from madx_stilts.grid.job import JobId
from madx_stilts.run.events import Event

_LINES = 5
"""Last lines of its stderr that are told when it dies."""


class Child:
    """A worker process.

    Args:
        number: Of the worker.
        tell: Called with each event, from another thread.
    """

    def __init__(self, number: int, process: subprocess.Popen[bytes], tell: Callable[[Event], None]) -> None:
        self.number = number
        self.jobs: frozenset[JobId] = frozenset()
        """What it does now."""
        self.told_why = False
        """Whether it told why it stopped."""
        self._process, self._tell = process, tell
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._readers = [threading.Thread(target=reads, daemon=True) for reads in (self._events, self._stderr)]
        for reader in self._readers:
            reader.start()

    @property
    def has_ended(self) -> bool:
        """Whether it has ended and all that it told was passed on."""
        return self._process.poll() is not None and not any(reader.is_alive() for reader in self._readers)

    @property
    def ended_well(self) -> bool:
        """Whether it found nothing left to do."""
        return self._process.returncode == 0

    @property
    def was_stopped(self) -> bool:
        """Whether it stopped because a signal asked it to."""
        return self._process.returncode == Interrupted.exit_code

    @property
    def last_words(self) -> str:
        """How it ended, and what it wrote on stderr before."""
        code = self._process.returncode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return "\n".join([how, *self._lines])

    def brief(self, text: str) -> None:
        """Tell it what to do; it works as long as its stdin is open."""
        with suppress(BrokenPipeError):  # it died already, and that is seen later
            content = text.encode()
            _of(self._process.stdin).write(b"%d\n" % len(content) + content)
            _of(self._process.stdin).flush()

    def ask_to_stop(self) -> None:
        """Let it end its step and write a checkpoint."""
        with suppress(BrokenPipeError):
            _of(self._process.stdin).close()

    def wait(self, seconds: float) -> None:
        """Wait for its end, not longer than told."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def close(self) -> None:
        """End it now, if it has not ended, and let go of its pipes."""
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(BrokenPipeError):
                _of(stream).close()

    def _events(self) -> None:
        for line in _of(self._process.stdout):
            event = Event.model_validate_json(line)
            self.told_why = self.told_why or event.kind == "stopped"
            self._tell(event)

    def _stderr(self) -> None:
        for line in _of(self._process.stderr):
            text = line.decode(errors="replace").rstrip()
            if not text:
                continue
            self._lines.append(text)
            self._tell(Event(kind="said", worker=self.number, text=text))


def start(
    number: int,
    brief: str,
    environment: Mapping[str, str],
    tell: Callable[[Event], None],
    *,
    launcher: Sequence[str] = (),
) -> Child:
    """Start a worker process and give it its brief.

    Args:
        environment: Variables that it has besides those of this process.
        launcher: What stands before its command. It must pass on stdin, stdout, stderr and the exit code.

    Raises:
        NotAvailable: The launcher cannot be started.
    """
    command = [*launcher, sys.executable, "-m", "madx_stilts.run.process", str(number)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            start_new_session=True,  # Ctrl-C is for the run, which stops its workers once
        )
    except OSError as error:
        raise NotAvailable(f"{command[0]} cannot be started: {error.strerror}.", hint="Check the engine.") from error
    child = Child(number, process, tell)
    child.brief(brief)
    return child


def _of(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise ValueError("A worker process has pipes.")
    return stream
