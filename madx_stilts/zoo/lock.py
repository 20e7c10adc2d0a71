"""Locks between processes. The system lets go of them when their process ends, however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from madx_stilts.errors import Busy
from madx_stilts.files import told_as_storage


@contextmanager
def held(
    path: Path, *, busy: str, wait_seconds: float = 0.0, other: str = "another zoo folder with --zoo"
) -> Iterator[None]:
    """Hold the lock of that file. The thread that holds it may take it again.

    Args:
        busy: What to say if another process holds it, as a sentence.
        wait_seconds: How long to wait for the other process.
        other: What else could be named, for the hint.

    Raises:
        Busy: Another process, or another thread, still holds it.
        StorageError: The lock file cannot be made.
    """
    with told_as_storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, is_singleton=True)
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout as error:
            raise Busy(busy, hint=f"Wait until it is done, or name {other}.") from error
    try:
        yield
    finally:
        lock.release()
