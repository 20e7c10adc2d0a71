"""The bytes of a data file: of a regular file only, unpacked where gzip packed them, and never without a bound."""

import gzip
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, Final, cast

from madx_stilts.errors import DataError
from madx_stilts.files import open_regular

GZIP: Final = ".gz"
UNPACK_WITH: Mapping[str, str] = MappingProxyType(
    {
        ".bz2": "bunzip2",
        ".xz": "unxz",
        ".zst": "unzstd",
        ".lz4": "unlz4",
        ".zip": "unzip",
        ".7z": "7z x",
        ".tar": "tar -xf",
        ".tgz": "tar -xf",
    }
)
"""Files that are packed in ways that are not read, and what unpacks them."""

LARGEST: Final = 2**30
"""Bytes of a file that is read as a whole: one JSON document."""
UNPACKED_AT_LEAST: Final = 2**28
UNPACKED_TIMES: Final = 100
"""Bytes that may come out of one packed byte. Text packs 3 to 30 times; gzip itself can reach 1,032."""

_GZIP_BEGINS: Final = b"\x1f\x8b"
_OTHERS_BEGIN: Final = (
    (b"PK\x03\x04", "packed with zip", "Unpack it: unzip."),
    (b"BZh", "packed with bzip2", "Unpack it: bunzip2."),
    (b"\xfd7zXZ\x00", "packed with xz", "Unpack it: unxz."),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it: unzstd."),
    (b"version https://git-lfs", "a pointer to the real file", "Run `git lfs pull`."),
)


@dataclass(frozen=True)
class OpenedFile:
    """An open file.

    Args:
        file: Gives its bytes, unpacked.
        most: Bytes that may come of it; who reads counts them.
    """

    path: Path
    file: BinaryIO
    most: int

    def too_much(self) -> DataError:
        """The error for a file of which more than `most` bytes come."""
        return DataError(
            f"{self.path} is more than {self.most:,} bytes when it is unpacked: too many for its size.",
            hint="It is damaged, or made to fill memory. If it is neither, unpack it with gunzip.",
        )


@contextmanager
def opened(path: Path) -> Iterator[OpenedFile]:
    """Open a file to read its bytes. That gzip packed them is seen from the content, not from the name.

    Raises:
        DataError: It is missing, no regular file, unreadable, or packed in another way; or, from the block, cut off.
    """
    with _told(path), _regular(path) as file:
        begins = file.read(24)
        file.seek(0)
        _refuse_others(path, begins)
        if not begins.startswith(_GZIP_BEGINS):
            yield OpenedFile(path, file, sys.maxsize)
            return
        size = os.fstat(file.fileno()).st_size
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield OpenedFile(path, cast(BinaryIO, unpacked), max(UNPACKED_AT_LEAST, UNPACKED_TIMES * size))


def read_whole(path: Path) -> bytes:
    """All bytes of a file, unpacked.

    Raises:
        DataError: See `opened`; or it has more than `LARGEST` bytes.
    """
    with opened(path) as source:
        most = min(source.most, LARGEST)
        content = source.file.read(most + 1)
        if len(content) > most:
            if most < LARGEST:
                raise source.too_much()
            raise DataError(
                f"{path} is one document of more than {LARGEST:,} bytes.", hint="Divide it, or write a row per line."
            )
    return content


def kind_of(name: str) -> str:
    """The suffix that says what is in a file, `.jsonl` of `train.jsonl.gz`."""
    return PurePosixPath(name.removesuffix(GZIP)).suffix


def plain(path: Path) -> Path:
    """The path of a packed file without the suffix that says so."""
    return path.with_suffix("") if path.suffix == GZIP else path


def beside(path: Path) -> Path:
    """The file of that name, or the packed one; of neither that name."""
    packed = path.with_name(path.name + GZIP)
    return packed if not path.exists() and packed.exists() else path


def _regular(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except ValueError as error:  # a NUL in the name
        raise DataError(f"There is no file {str(path)!r}.", hint="Check the path.") from error


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is opened or read into the error for the user."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}.", hint="Check the path.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is packed with gzip, and cut off or damaged: {error}.", hint="Fetch the file again."
        ) from error
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror or error}.", hint="Name a file with data in it that may be read."
        ) from error


def _refuse_others(path: Path, begins: bytes) -> None:
    for magic, what, hint in _OTHERS_BEGIN:
        if begins.startswith(magic) and (magic != b"BZh" or begins[4:10] == b"1AY&SY"):
            raise DataError(f"{path} is {what}, which is not read here.", hint=hint)
