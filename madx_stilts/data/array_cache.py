"""Large files of arrays that can be made again: named by content, within a limit, removed by age, never while in use.

<folder>/<key>.safetensors     a whole file, mapped into memory by whoever reads it
<folder>/.<key>.*.partial      one that is being written, at its full size from the beginning
<folder>/locks/                empty files for processes to lock

Whoever reads or writes a file holds a lock of the system on the file itself, which ends with the process, however that
ends. What bears no lock may be removed.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from madx_stilts.errors import StorageError
from madx_stilts.files import PARTIAL, canonical_json, told_as_storage
from madx_stilts.locks import held

Kind = Literal["F32", "F16", "BF16"]
Arrays = dict[str, NDArray[Any]]
_STORED: dict[Kind, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}
"""How each kind lies in the arrays; numpy has no bf16, so of those the bits are given."""
_SUFFIX = ".safetensors"
_ALIGNED = 64
_CHUNK = 2**20
_NO_SUM = "0" * 64
_WAIT = 4 * 3600.0
"""Seconds to wait for a process that writes the same: more than any data set takes."""
_ELSEWHERE = "another cache folder with --cache"


@dataclass(frozen=True)
class ArrayLayout:
    """What a file will look like, known before it is written.

    Args:
        shapes: Kind and shape of each array, in their order.
    """

    shapes: Mapping[str, tuple[Kind, tuple[int, ...]]]

    @property
    def data_bytes(self) -> int:
        """Size of the arrays."""
        return sum(_size(kind, shape) for kind, shape in self.shapes.values())

    @property
    def file_bytes(self) -> int:
        """Size of the file, to the byte."""
        return len(self.header(_NO_SUM)) + self.data_bytes

    def header(self, total: str) -> bytes:
        """The beginning of the file, in the format of safetensors.

        Args:
            total: The sha256 of what comes after it.
        """
        entries: dict[str, object] = {"__metadata__": {"sha256": total}}
        at = 0
        for name, (kind, shape) in self.shapes.items():
            end = at + _size(kind, shape)
            entries[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, end]}
            at = end
        text = canonical_json(entries).encode()
        text += b" " * (-(8 + len(text)) % _ALIGNED)
        return len(text).to_bytes(8, "little") + text

    def arrays(self, file: BinaryIO, mode: Literal["r", "r+"]) -> Arrays:
        """The arrays of an open file, mapped into memory."""
        at, found = len(self.header(_NO_SUM)), Arrays()
        for name, (kind, shape) in self.shapes.items():
            found[name] = np.memmap(file, dtype=_STORED[kind], mode=mode, offset=at, shape=shape)
            at += _size(kind, shape)
        return found


@dataclass(frozen=True)
class ArrayCache:
    """Such files in one folder.

    Args:
        folder: Of these alone.
        limit: Bytes that they may take together.
    """

    folder: Path
    limit: int

    @contextmanager
    def opened(
        self, key: str, layout: ArrayLayout, fill: Callable[[Arrays], None], tell: Callable[[str], None]
    ) -> Iterator[Arrays]:
        """Give the arrays of a file, which stays where it is until the block ends; it is made if it is not there.

        Args:
            key: Stands for the content, and for all that decides the layout.
            fill: Writes the content into arrays of this layout.
            tell: Told, as a sentence, what is removed to make room, and what is damaged and made again.

        Raises:
            StorageError: There is no room for it, or another process has been writing it for hours.
        """
        with ExitStack() as using:
            file = self._found(key, layout, lambda sentence: None)
            if file is None:
                busy = f"Another process has been writing {self._path(key)} for {_WAIT / 3600:.0f} hours."
                with held(self._lock(key), busy=busy, wait_seconds=_WAIT, other=_ELSEWHERE):
                    # Another process may have made it while this one waited.
                    file = self._found(key, layout, tell) or self._made(key, layout, fill, tell)
            using.callback(file.close)
            # What is mapped keeps the file open beyond this block, but not its lock.
            using.callback(fcntl.flock, file, fcntl.LOCK_UN)
            using.callback(self._touch, key)
            yield layout.arrays(file, "r")

    def has(self, key: str) -> bool:
        """Whether there is a file of that name; whether it is sound is seen when it is opened."""
        return self._path(key).exists()

    def _found(self, key: str, layout: ArrayLayout, tell: Callable[[str], None]) -> BinaryIO | None:
        """The file, open and locked against removal, if it is there and sound."""
        path = self._path(key)
        with ExitStack() as closing:
            try:
                file = closing.enter_context(path.open("rb"))
                fcntl.flock(file, fcntl.LOCK_SH)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise StorageError(f"Cannot read {path}: {error.strerror}.", hint="Check the folder.") from error
            if os.fstat(file.fileno()).st_nlink == 0:  # removed between the opening and the lock
                return None
            if not _is_sound(file, layout):
                tell(f"{path} is damaged; it is made again.")
                return None
            self._touch(key)
            closing.pop_all()
            return file

    def _made(
        self, key: str, layout: ArrayLayout, fill: Callable[[Arrays], None], tell: Callable[[str], None]
    ) -> BinaryIO:
        """The file, just made, open and locked against removal. Call it while holding the lock of the key."""
        path = self._path(key)
        partial = path.with_name(f".{key}.{uuid.uuid4().hex[:8]}{PARTIAL}")
        with told_as_storage(path), ExitStack() as closing:
            path.unlink(missing_ok=True)  # a damaged one; who has it open keeps it
            busy = f"Another process has been making room in {self.folder} for {_WAIT / 3600:.0f} hours."
            with held(self._lock("room"), busy=busy, wait_seconds=_WAIT, other=_ELSEWHERE):
                self._make_room(layout.file_bytes, tell)
                file = closing.enter_context(partial.open("x+b"))
                closing.callback(partial.unlink, missing_ok=True)
                fcntl.flock(file, fcntl.LOCK_EX)
                # All of it now, so that a full disk is told here and not by a signal when mapped memory is written.
                _fill_up(file, layout.file_bytes)
            arrays = layout.arrays(file, "r+")
            fill(arrays)
            for array in arrays.values():
                if isinstance(array, np.memmap):
                    array.flush()
            file.seek(0)
            file.write(layout.header(_sum_of(arrays)))
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
            fcntl.flock(file, fcntl.LOCK_SH)
            closing.pop_all()
            return file

    def _make_room(self, wanted: int, tell: Callable[[str], None]) -> None:
        """Remove what was left half-written, then what was used longest ago, until so many bytes fit."""
        if wanted > self.limit:
            raise StorageError(
                f"It takes {megabytes(wanted)}, {megabytes(self.limit)} are allowed.", hint="Allow more."
            )
        for left in self.folder.glob(f".*{PARTIAL}"):
            _removed(left)
        files = sorted(self.folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
        writing = [path.stat().st_size for path in self.folder.glob(f".*{PARTIAL}")]
        taken = sum(path.stat().st_size for path in files) + sum(writing)
        gone = 0
        for path in files:
            free = shutil.disk_usage(self.folder).free
            if taken - gone + wanted <= self.limit and wanted <= free:
                break
            size = path.stat().st_size
            gone += size if _removed(path) else 0
        if gone:
            tell(f"{megabytes(gone)} that were used longest ago were removed from {self.folder} to make room.")
        if taken - gone + wanted > self.limit:
            used = f"{megabytes(taken - gone)} of the {megabytes(self.limit)} that are allowed are in use"
            raise StorageError(f"It takes {megabytes(wanted)}, and {used}.", hint="Allow more.")
        if wanted > (free := shutil.disk_usage(self.folder).free):
            raise StorageError(
                f"It takes {megabytes(wanted)}, the disk has {megabytes(free)}.", hint="Free some space."
            )

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}{_SUFFIX}"

    def _lock(self, name: str) -> Path:
        return self.folder / "locks" / f"{name}.lock"

    def _touch(self, key: str) -> None:
        """Note that it is used now."""
        with suppress(OSError):  # of a folder that can only be read, or a file that was replaced
            os.utime(self._path(key))


def megabytes(count: int) -> str:
    """A size as it is told."""
    return f"{count / 1e9:.1f} GB" if count >= 1e10 else f"{count / 1e6:.1f} MB"


def _fill_up(file: BinaryIO, size: int) -> None:
    """Let a new file take so many bytes on the disk."""
    if sys.platform != "darwin":
        os.posix_fallocate(file.fileno(), 0, size)
        return
    for start in range(0, size, _CHUNK):
        file.write(bytes(min(_CHUNK, size - start)))
    file.flush()


def _removed(path: Path) -> bool:
    """Remove a file unless a process holds it; whether it is gone."""
    try:
        with path.open("rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return True
    except OSError:  # in use, or not ours to remove
        return False
    return True


def _is_sound(file: BinaryIO, layout: ArrayLayout) -> bool:
    """Whether a file has the size, the header and the content that it was made with."""
    if os.fstat(file.fileno()).st_size != layout.file_bytes:
        return False
    header = file.read(len(layout.header(_NO_SUM)))
    try:
        total = json.loads(header[8:])["__metadata__"]["sha256"]
    except (ValueError, LookupError, TypeError):
        return False
    return header == layout.header(str(total)) and total == _sum_of(layout.arrays(file, "r"))


def _sum_of(arrays: Arrays) -> str:
    total = hashlib.sha256()
    for array in arrays.values():
        total.update(array.reshape(-1).data)
    return total.hexdigest()


def _size(kind: Kind, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape)) * _STORED[kind].itemsize
