"""Folders of adapters that others wrote: which files are in them, under which names. No torch."""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

from madx_stilts.errors import AdapterError
from madx_stilts.zoo.layer import CARD

LINEAGE: Final = "lineage"
FUSION: Final = "fusion"
"""The folder, inside a target's folder, that holds its fusion layer."""
MAX_FILES: Final = 10_000
"""In a folder of adapters, cards and pages included."""
_SEGMENT = re.compile(r"[\w.+ ()\[\]@=,-]{1,255}")


def refuse_unsafe(names: Iterable[str], *, source: str) -> None:
    """Refuse names of files that could lead out of the folder they are written to.

    Raises:
        AdapterError: A name is absolute, goes up, or has characters that no file here needs.
    """
    for name in names:
        parts = name.split("/")
        if (
            not all(_SEGMENT.fullmatch(part) and part.strip(". ") for part in parts)
            or PurePosixPath(name).is_absolute()
        ):
            raise AdapterError(
                f"{source} has a file with the name {name!r}, which does not stay inside a folder.",
                hint="Nothing was written. Do not trust what else is there.",
            )


def places_of(names: Iterable[str]) -> list[str]:
    """The folders that hold an adapter with a card, the outer one first."""
    found = []
    for name in sorted(names, key=lambda name: (name.count("/"), name)):
        *folders, file = name.split("/")
        if file == CARD and (len(folders) < 2 or (len(folders) == 2 and folders[0] == LINEAGE)):
            found.append("/".join(folders))
    return found


def listing(folder: Path) -> list[str]:
    """All files below a folder, by their place. In the hub's cache, files are links to what it holds once.

    Raises:
        AdapterError: There is no such folder, or a link that leads out of it, a pipe or the like is in it.
    """
    if not folder.is_dir():
        raise AdapterError(f"There is no folder {folder}.", hint="Name one that `madx-stilts zoo export` wrote.")
    found: list[str] = []
    blobs = _blobs(folder)
    for path in folder.rglob("*"):
        place = path.relative_to(folder).as_posix()
        if place.startswith(".cache/"):
            continue
        if len(found) >= MAX_FILES:
            raise AdapterError(f"{folder} has more than {MAX_FILES:,} files.", hint="Name the folder of one adapter.")
        if path.is_symlink():
            _check_link(path, blobs)
        elif not (path.is_file() or path.is_dir()):
            raise AdapterError(f"{path} is no plain file.", hint="Nothing was written. Take it out of the folder.")
        if path.is_file():
            found.append(place)
    return sorted(found)


def _blobs(folder: Path) -> Path | None:
    """Where the hub's cache keeps the files of a repository, if the folder lies in one: `snapshots/<commit>/...`."""
    place = folder.absolute()
    for inner in (place, *place.parents):
        if inner.parent.name == "snapshots" and (inner.parent.parent / "blobs").is_dir():
            return (inner.parent.parent / "blobs").resolve()
    return None


def _check_link(path: Path, blobs: Path | None) -> None:
    target = Path(os.path.realpath(path))  # `Path.resolve` fails on a link to itself
    if blobs is None or not target.is_relative_to(blobs) or not target.is_file():
        raise AdapterError(
            f"{path} is a link out of the folder.",
            hint="Nothing was written. If you trust what it leads to, copy the folder with `cp -rL` and import that.",
        )
