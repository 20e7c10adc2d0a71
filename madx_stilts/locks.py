"""Locks between processes. The system lets go of them when their process ends, however it ends."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from madx_stilts.errors import Busy
from madx_stilts.files import told_as_storage

_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})
"""What the system says where another process holds a lock that excludes ours."""
_WITHOUT_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF})
"""What it says where a file system has no locks, or none on files that can only be read."""
_POLL_SECONDS = 0.05


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


@contextmanager
def free(path: Path) -> Iterator[bool]:
    """Whether nobody holds the lock of that file with `held`; inside the block, nobody else can.

    For many locks in a row, each for an instant: it costs a fifth of `held`, and a thread cannot take it again.

    Raises:
        StorageError: The lock file cannot be made.
    """
    with told_as_storage(path):
        descriptor = _made(path)
    try:
        yield _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


@contextmanager
def shared(path: Path, *, busy: str, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of that file together with others that share it, while nobody holds it alone with `held`.

    Raises:
        Busy: Another process still holds it alone.
        StorageError: The lock file cannot be made.
    """
    until = time.monotonic() + wait_seconds
    with told_as_storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _made(path)
    try:
        while not _locked(descriptor, fcntl.LOCK_SH):
            if time.monotonic() > until:
                raise Busy(busy, hint="Wait until it is done, or name another zoo folder with --zoo.")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def reserved(path: Path) -> int | None:
    """Share a lock on a file that is read, so that nobody removes it.

    It needs no right to write. On a file system without locks nothing is held.

    Returns:
        A descriptor; closing it lets go. None if the file is not there.

    Raises:
        OSError: It cannot be read.
    """
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        try:
            # Who removes it holds it for an instant.
            while not _locked(descriptor, fcntl.LOCK_SH):
                time.sleep(_POLL_SECONDS)
            if _is(path, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


@contextmanager
def unreserved(path: Path) -> Iterator[bool]:
    """Whether nobody has `reserved` a file; inside the block, nobody can."""
    descriptor = _opened(path)
    if descriptor is None:
        yield True
        return
    try:
        yield _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _made(path: Path) -> int:
    """A file for a lock, made if it is not there."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:  # in a zoo of a group, another user made the file
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _opened(path: Path) -> int | None:
    """A file to be locked alone, which NFS allows only where it may be written; None if nothing is there to lock."""
    flags = os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, os.O_RDWR | flags)
    except PermissionError:
        return os.open(path, os.O_RDONLY | flags)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _locked(descriptor: int, kind: int) -> bool:
    """Try to take a lock; also True where there are none."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        if error.errno not in _WITHOUT_LOCKS:
            raise
    return True


def _is(path: Path, descriptor: int) -> bool:
    """Whether a path still leads to an open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except (FileNotFoundError, NotADirectoryError):
        return False
