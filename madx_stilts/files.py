"""Files that must survive: written whole, named by checksum, never half there.

A file or folder is made under a temporary name beside its final one, flushed to disk, and renamed. A reader
sees nothing or all of it. What a crash leaves behind carries the suffix `.partial`. Its writer holds a lock of the
system on it, which ends with the process: so the next one to write the same can tell what is left from what is being
written, and removes it.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from madx_stilts.errors import StorageError

PARTIAL = ".partial"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where no more can be written: no space, a quota, a limit on the size of files."""


def canonical_json(value: object) -> str:
    """The one JSON text of a value: keys sorted, no spaces, text kept as Unicode. Refuses NaN and infinity."""
    return _CANONICAL.encode(value)


# Made once: it is asked for each card of a large zoo.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: object) -> str:
    """The sha256, in hexadecimal, of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    """The sha256, in hexadecimal, of a file's bytes.

    Raises:
        OSError: It cannot be read, or is no regular file.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read its bytes, without waiting for whoever might write into a named pipe.

    Raises:
        OSError: It cannot be opened, or is a folder, a named pipe, a device or a socket; `strerror` says which.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            kind = next((name for is_one, name in _KINDS if is_one(mode)), "something else")
            raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_bounded(path: Path, *, limit: int) -> bytes:
    """The bytes of a regular file that has no more than `limit` of them.

    Raises:
        OSError: It cannot be read, is no regular file, or is larger; `strerror` says why.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit:,} bytes", str(path))
    return content


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part.

    Raises:
        StorageError: No permission or no space; nothing is left behind.
    """
    partial = _partial_name(path)
    data = content.encode() if isinstance(content, str) else content
    with told_as_storage(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _sweep_beside(path)
            with _opened(partial) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


@contextmanager
def written_folder(final: Path) -> Iterator[Path]:
    """Give a folder to fill; when the block ends well it is flushed and renamed to `final`, else it is removed.

    If `final` exists already when the block ends, the folder just made is dropped: content-addressed folders of
    one name are equal, so the first one stays.

    Raises:
        StorageError: No permission or no space; nothing is left behind.
    """
    partial = _partial_name(final)
    with told_as_storage(final), ExitStack() as marked:
        try:
            _sweep_beside(final)
            marked.callback(os.close, _made(partial))
            yield partial
            for path in partial.rglob("*"):
                _sync_file(path)
            try:
                partial.rename(final)
            except OSError:  # asking first would leave a gap in which another process may come to stand there
                if not final.exists():
                    raise
            _sync_folder(final.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def sweep(folder: Path) -> list[Path]:
    """Remove what a crash left under `folder`. Call it only while holding the folder's lock."""
    left = [path for path in folder.rglob(f"*{PARTIAL}")]
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return left


def is_abandoned(path: Path) -> bool:
    """Whether no process is writing a `.partial` file or folder any more."""
    with ExitStack() as opened:
        return _taken(path, opened)


@contextmanager
def told_as_storage(path: Path) -> Iterator[None]:
    """Turn an operating system error into one that names the path and says what to do."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        full = error.errno in FULL
        hint = "Free some space or name another folder." if full else "Check the folder and its permissions."
        raise StorageError(f"Cannot write {path}: {reason}.", hint=hint) from error


def _partial_name(final: Path) -> Path:
    return final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}{PARTIAL}")


def _opened(partial: Path) -> BinaryIO:
    """A new file, locked so that no sweep takes it for abandoned."""
    while True:
        file = partial.open("wb")
        with suppress(OSError):  # a file system without locks: there, nothing is swept either
            fcntl.flock(file, fcntl.LOCK_SH)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # swept between the two


def _made(partial: Path) -> int:
    """A new folder, locked likewise. Returns the descriptor that holds the lock."""
    while True:
        partial.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_SH)
            if partial.is_dir():
                return descriptor
            os.close(descriptor)


def _taken(path: Path, opened: ExitStack) -> bool:
    """Lock what carries the suffix `.partial`, as long as `opened` is; False if its writer lives."""
    mode = os.O_RDONLY if path.is_dir() else os.O_RDWR  # NFS locks only what could be written
    try:
        descriptor = os.open(path, mode | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        opened.callback(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # A link has no writer. What is gone, held, or on a file system without locks is left alone.
        return error.errno == errno.ELOOP
    return True


def _sweep_beside(final: Path) -> None:
    """Remove what a crash left of writing the same. What another process is writing stays."""
    with suppress(OSError):  # a folder that cannot be listed, or is not there yet
        for name in os.listdir(final.parent):
            if name.startswith(f".{final.name}.") and name.endswith(PARTIAL):
                _remove_abandoned(final.with_name(name))


def _remove_abandoned(path: Path) -> None:
    with ExitStack() as opened:
        if _taken(path, opened):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _sync_file(path: Path) -> None:
    if path.is_file():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
