"""What processes left that did not end well: half-written files and folders, and trainings nobody needs.

A process that writes holds a lock meanwhile, so what lies half-written under a free lock is nobody's any more.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from madx_stilts.errors import Busy, StorageError
from madx_stilts.files import PARTIAL, told_as_storage
from madx_stilts.zoo.layer import ID, Layer, Purpose
from madx_stilts.zoo.lock import held

_PLACES: tuple[tuple[str, Purpose], ...] = (
    (f"objects/*/.*{PARTIAL}", "adding"),
    (f"refs/*/*/.*{PARTIAL}", "adding"),
    (f"records/*/.*{PARTIAL}", "job"),
    (f"work/.*{PARTIAL}", "training"),
    (f"work/*/**/*{PARTIAL}", "training"),
)


def leftovers(layer: Layer) -> list[Path]:
    """Half-written things that no process is writing."""
    found = []
    for path, lock in _half_written(layer):
        try:
            with held(lock, busy="Another process is writing it."):
                found.append(path)
        except Busy:
            continue
        except StorageError:  # a layer that cannot be written to has no writers
            found.append(path)
    return found


def sweep(layer: Layer) -> list[Path]:
    """Remove half-written things that no process is writing, and tell which.

    Raises:
        StorageError: The layer cannot be written to.
    """
    removed = []
    for path, lock in _half_written(layer):
        try:
            with held(lock, busy="Another process is writing it."):
                remove(path)
                removed.append(path)
        except Busy:
            continue
    return removed


def sweep_adding(layer: Layer, id: str) -> None:
    """Remove what an earlier adding of one adapter left. Call it while holding that lock."""
    for path in layer.object(id).parent.glob(f".{id}.*{PARTIAL}"):
        remove(path)


def discard(folder: Path) -> None:
    """Remove a folder so that no reader ever sees a part of it. Call it while holding its lock."""
    remove(put_aside(folder))


def put_aside(folder: Path) -> Path:
    """Rename a folder, if it is there, to a name that counts as half-written, and tell that name."""
    away = folder.with_name(f".{folder.name}.removed{PARTIAL}")
    remove(away)
    with told_as_storage(folder):
        if folder.exists():
            folder.rename(away)
    return away


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it, if it is there."""
    with told_as_storage(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _half_written(layer: Layer) -> Iterator[tuple[Path, Path]]:
    """Half-written things, outermost only, each with the lock that its writer would hold."""
    for pattern, purpose in _PLACES:
        for path in sorted(layer.root.glob(pattern)):
            place = path.relative_to(layer.root)
            id = ID.search(str(place))
            if id is not None and not any(parent.name.endswith(PARTIAL) for parent in place.parents):
                yield path, layer.lock(purpose, id.group())
