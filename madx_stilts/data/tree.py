"""The files below a folder that somebody named. Links are followed as far as the folders that were named reach."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from madx_stilts.data.layout import README, NotHere, RepositoryFiles
from madx_stilts.files import read_bounded

LARGEST_README: Final = 2**24
MOST_FILES: Final = 300_000
"""Files and folders below one data set; the hub itself advises against more than 100,000."""

_Folder = tuple[int, int]
"""What a folder is on disk, whatever path leads to it."""


def layout_of(folder: Path, named: Sequence[Path] = ()) -> RepositoryFiles:
    """The files of a repository that lies in a folder, and its README.

    Args:
        named: See `files_below`.

    Raises:
        NotHere: It cannot be read as it is.
    """
    return RepositoryFiles(files_below(folder, named), readme_in(folder))


def readme_in(folder: Path) -> str:
    """The text of its README, bytes that are not UTF-8 replaced; empty where there is none.

    Raises:
        NotHere: It is no regular file, or too large.
    """
    try:
        content = read_bounded(folder / README, limit=LARGEST_README)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise NotHere(f"has a {README} that cannot be read: {error.strerror}") from error
    return content.decode("utf-8-sig", errors="replace")


def is_folder(path: Path) -> bool:
    """Whether it is a folder that can be reached; a name that is none at all is not."""
    return os.path.isdir(path)


def files_below(folder: Path, named: Sequence[Path] = ()) -> tuple[str, ...]:
    """Names of the files, relative to the folder, with `/`. A link back to a folder that it is in is passed over.

    Args:
        named: Folders that the user named, into which links may lead as well.

    Raises:
        NotHere: A link leads out of these folders, a folder cannot be read, or there are too many files.
    """
    reach = reachable(folder, named)
    names: list[str] = []
    waiting: list[tuple[str, frozenset[_Folder]]] = [("", frozenset({_identity(folder)}))]
    seen = 0
    while waiting:
        below, above = waiting.pop()
        for entry in _entries(folder / below):
            seen += 1
            if seen > MOST_FILES:
                raise NotHere(
                    f"has more than {MOST_FILES:,} files, or links that lead to the same ones again and again"
                )
            name = f"{below}{entry.name}"
            if entry.is_symlink():
                require_reach(folder / name, reach, name)
            if os.path.isfile(entry):
                names.append(name)
            elif os.path.isdir(entry):
                identity = _identity(folder / name)
                if identity not in above:
                    waiting.append((f"{name}/", above | {identity}))
    return tuple(names)


def reachable(folder: Path, named: Sequence[Path]) -> tuple[Path, ...]:
    """Where links from a folder may lead, links resolved.

    Into the folder itself, wherever the path to it leads; into those that the user named; and from a snapshot in the
    layout of the hub's cache into the files of the same data set (`blobs`).
    """
    here = _real(folder)
    snapshot = here.parent.name == "snapshots" and (here.parent.parent / "blobs").is_dir()
    return (here, *map(_real, named), *((here.parent.parent,) if snapshot else ()))


def require_reach(path: Path, reach: Sequence[Path], name: str) -> None:
    """Check that a link leads where it may; one that leads to nothing is left to whoever looks for the file.

    Raises:
        NotHere: It leads elsewhere.
    """
    target = _real(path)
    if not any(target.is_relative_to(folder) for folder in reach) and os.path.exists(target):
        parent = target if is_folder(target) else target.parent
        raise NotHere(
            f"has the link {name} to {target}, which is in none of the folders that were named (name {parent} with "
            "--data too, or put a copy in place of the link)"
        )


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError as error:
        raise NotHere(f"cannot be read: {folder}: {error.strerror}") from error


def _identity(folder: Path) -> _Folder:
    try:
        status = folder.stat()
    except OSError as error:
        raise NotHere(f"cannot be read: {folder}: {error.strerror}") from error
    return status.st_dev, status.st_ino


def _real(path: Path) -> Path:
    """Where a path leads; also where its links go in a circle, which `Path.resolve` refuses."""
    return Path(os.path.realpath(path))
