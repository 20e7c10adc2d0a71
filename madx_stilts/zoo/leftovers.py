"""What processes left that did not end well: half-written files and folders, and trainings nobody needs.

A process that writes holds a lock meanwhile, so what lies half-written under a free lock is nobody's any more.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.errors import Busy, StorageError
from madx_stilts.files import PARTIAL, is_abandoned, told_as_storage
from madx_stilts.locks import held
from madx_stilts.zoo.below import bytes_below
from madx_stilts.zoo.layer import ID, Layer, Purpose

_PLACES: tuple[tuple[str, Purpose], ...] = (
    (f"objects/*/.*{PARTIAL}", "adding"),
    (f"refs/*/*/.*{PARTIAL}", "adding"),
    (f"published/*/.*{PARTIAL}", "adding"),
    (f"records/*/.*{PARTIAL}", "job"),
    (f"work/.*{PARTIAL}", "training"),
    (f"work/*/**/*{PARTIAL}", "training"),
)
_UNDER_NO_LOCK = (f"slurm/*/.*{PARTIAL}", f"imported/.*{PARTIAL}")
"""What is written while no lock is held but that of the file itself."""
Known = Callable[[str], bool]
_WRITING = "Another process is writing it."


@dataclass(frozen=True)
class Unfinished:
    """A training that was stopped and can be resumed: the same command goes on with it.

    Args:
        id: Of the adapter that it will make.
        folder: Of its checkpoint.
        bytes: That it takes.
    """

    id: str
    folder: Path
    bytes: int


def leftovers(layer: Layer, known: Known) -> list[Path]:
    """Half-written things that no process is writing, and what finished trainings have left.

    Args:
        known: Whether any layer of the zoo holds the adapter of that id.
    """
    found = [path for path, lock in _left(layer, known) if _is_free(lock)]
    around = {folder for path in found for folder in path.parents}
    return [path for path in found if path not in around]


def unfinished(layer: Layer, known: Known) -> list[Unfinished]:
    """The trainings that were stopped and can be resumed; those that run now are left out.

    Args:
        known: As for `leftovers`.
    """
    found = []
    for folder in layer.unfinished():
        if not _is_over(folder, known) and _is_free(layer.lock("training", folder.name)):
            found.append(Unfinished(folder.name, folder, bytes_below(folder)))
    return found


def sweep(layer: Layer, known: Known) -> list[Path]:
    """Remove what `leftovers` lists, and return it.

    Args:
        known: As for `leftovers`.

    Raises:
        StorageError: The layer cannot be written to.
    """
    removed = []
    for path, lock in _left(layer, known):
        with suppress(Busy), ExitStack() as holding:
            if lock is not None:
                holding.enter_context(held(lock, busy=_WRITING))
            # It may have been taken up or removed between the look and the lock.
            if lock is None or path.name.endswith(PARTIAL) or _is_over(path, known):
                remove(path if path.name.endswith(PARTIAL) else put_aside(path))
                removed.append(path)
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
    with told_as_storage(folder):
        try:
            folder.rename(away)
        except FileNotFoundError:
            pass
        except OSError:  # what an earlier process put aside lies there
            remove(away)
            folder.rename(away)
    return away


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it, if it is there."""
    with told_as_storage(path):
        try:
            path.unlink(missing_ok=True)
        except (IsADirectoryError, PermissionError):  # a folder, on Linux and elsewhere
            if not path.is_dir() or path.is_symlink():
                raise
            shutil.rmtree(path)


def _left(layer: Layer, known: Known) -> Iterator[tuple[Path, Path | None]]:
    """What seems to be left, outermost only, each with the lock that its writer would hold."""
    for pattern, purpose in _PLACES:
        for path in sorted(layer.root.glob(pattern)):
            place = path.relative_to(layer.root)
            id = ID.search(str(place))
            if id is not None and not any(parent.name.endswith(PARTIAL) for parent in place.parents):
                yield path, layer.lock(purpose, id.group())
    alone = sorted(path for pattern in _UNDER_NO_LOCK for path in layer.root.glob(pattern))
    yield from ((path, None) for path in alone if is_abandoned(path))
    over = [folder for folder in layer.unfinished() if _is_over(folder, known)]
    yield from ((folder, layer.lock("training", folder.name)) for folder in over)


def _is_over(folder: Path, known: Known) -> bool:
    """Whether nothing will go on with a folder of work: its adapter is there, or nothing is in it."""
    try:
        return known(folder.name) or not any(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_free(lock: Path | None) -> bool:
    if lock is None:
        return True
    try:
        with held(lock, busy=_WRITING):
            return True
    except Busy:
        return False
    except StorageError:  # a layer that cannot be written to has no writers
        return True
