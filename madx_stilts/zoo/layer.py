"""One folder of adapters: where things lie in it, and how they are read. Objects and references, as git has them.

objects/<2 digits>/<id>/      the files of one adapter and its card
refs/<role>/<name>/<id>.json  a name for it; one file per version, so that two writers never meet in one file
work/<id>/                    a training that is not finished
locks/                        empty files for processes to lock

A process that needs an adapter for a while shares a lock of the system on its card, wherever that lies.
"""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, StorageError, UsageError
from madx_stilts.files import PARTIAL, canonical_json, read_bounded
from madx_stilts.locks import held, shared
from madx_stilts.stack import AdapterRef, Role, name_fault

CARD: Final = "card.json"
ID: Final = re.compile(r"[0-9a-f]{64}")
PARTS: Final = ("objects", "refs", "work", "locks", "published", "imported", "records", "slurm")
"""The folders that a zoo consists of; only those are there that something was written to."""
Purpose = Literal["adding", "job", "training"]
_MAX_CARD_BYTES = 4_000_000
"""Far more than any card has; a larger one is not read."""
_VERIFY = "Run `madx-stilts zoo verify` to see all that is damaged."
_WAIT = 600.0
"""Seconds to wait while another process prunes, or takes in what could be pruned."""


@dataclass(frozen=True)
class Layer:
    """A folder of adapters. A folder that does not exist is an empty layer."""

    root: Path

    def object(self, id: str) -> Path:
        """The folder of an adapter's files."""
        return self.root / f"objects/{_checked(id)[:2]}/{id}"  # one step: a zoo may have many

    def card_file(self, id: str) -> Path:
        """The file of an adapter's card."""
        return self.root / f"objects/{_checked(id)[:2]}/{id}/{CARD}"

    def reference(self, ref: AdapterRef) -> Path:
        """The file that gives an adapter its role and name."""
        return self.root / f"refs/{ref.role}/{ref.name}/{_checked(ref.id)}.json"

    def work(self, id: str) -> Path:
        """The folder of a training that is not finished."""
        return self.root / "work" / _checked(id)

    def lock(self, purpose: Purpose, id: str) -> Path:
        """The file to lock while `purpose` is done to an adapter, or a job of that id is done."""
        return self.root / "locks" / f"{purpose}-{_checked(id)}.lock"

    def growing(self) -> AbstractContextManager[None]:
        """Nothing is pruned inside the block. Hold it while an adapter or a name appears.

        Raises:
            Busy: Another process has been pruning for long.
            StorageError: The layer cannot be written to.
        """
        return shared(self._gate, busy=self._busy("pruning"), wait_seconds=_WAIT)

    def shrinking(self) -> AbstractContextManager[None]:
        """No adapter and no name appears inside the block.

        Raises:
            Busy: Another process has been adding or pruning for long.
            StorageError: The layer cannot be written to.
        """
        return held(self._gate, busy=self._busy("changing"), wait_seconds=_WAIT)

    def holds(self, id: str) -> bool:
        """Whether the adapter is here; its files are not looked at."""
        path = self.card_file(id)
        with told_as_unreadable(path):
            return path.is_file()

    def card(self, id: str) -> Card:
        """The card of an adapter that is here.

        Raises:
            AdapterError: The card is missing, damaged, or another adapter's.
            StorageError: It cannot be read.
        """
        path = self.card_file(id)
        try:
            with told_as_unreadable(path):
                content = read_bounded(path, limit=_MAX_CARD_BYTES)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise AdapterError(f"{path} is missing.", hint=_VERIFY) from error
        card = Card.from_json(content, source=str(path))
        if card.id != id:
            raise AdapterError(f"{path} is the card of another adapter, {card.id}.", hint=_VERIFY)
        return card

    def ids(self) -> list[str]:
        """The ids of all folders of adapters, sorted, whatever is in them."""
        shards = [name for name in names_in(self.root / "objects") if len(name) == 2]
        found = (id for shard in shards for id in names_in(self.root / "objects" / shard) if id.startswith(shard))
        return [id for id in found if ID.fullmatch(id)]

    def references(self) -> list[AdapterRef]:
        """All references, sorted by role, name and id."""
        return [ref for role in Role for name in self.names(role) for ref in self.versions(role, name)]

    def names(self, role: Role) -> list[str]:
        """The names that adapters have in a role, sorted. What no reference could mean is left out."""
        return [name for name in names_in(self.root / "refs" / str(role)) if is_name(name)]

    def versions(self, role: Role, name: str) -> list[AdapterRef]:
        """The references of one name, sorted by id."""
        files = names_in(self.root / "refs" / str(role) / name)
        ids = [file.removesuffix(".json") for file in files if file.endswith(".json")]
        return [AdapterRef(role, name, id) for id in ids if ID.fullmatch(id)]

    def unfinished(self) -> list[Path]:
        """The folders of trainings that are not finished."""
        return [folder for folder in children(self.root / "work") if ID.fullmatch(folder.name)]

    @property
    def _gate(self) -> Path:
        return self.root / "locks" / "pruning.lock"

    def _busy(self, doing: str) -> str:
        return f"Another process has been {doing} {self.root} for {_WAIT:.0f} seconds."


def may_become_zoo(folder: Path) -> bool:
    """Whether a folder is a zoo, or holds nothing but what an interrupted command left that was to make one.

    Raises:
        StorageError: It cannot be read.
    """
    found = [name for name in _listed(folder) if not name.endswith(PARTIAL)]
    return (folder / "objects").is_dir() or all(name in PARTS and (folder / name).is_dir() for name in found)


def is_name(text: str) -> bool:
    """Whether a reference can hold this name."""
    return not name_fault(text)


def reference_json(ref: AdapterRef) -> str:
    """What the file of a reference holds: the same as its path, for people and for `verify`."""
    return canonical_json({"role": str(ref.role), "name": ref.name, "id": ref.id})


def children(folder: Path) -> list[Path]:
    """What lies in a folder, sorted, without hidden and half-written things; nothing if it does not exist."""
    return [folder / name for name in names_in(folder)]


def names_in(folder: Path) -> list[str]:
    """The names of what lies in a folder, as `children` finds it."""
    return [name for name in _listed(folder) if not name.startswith(".") and not name.endswith(PARTIAL)]


@contextmanager
def told_as_unreadable(path: Path) -> Iterator[None]:
    """Turn an operating system error other than "there is no such thing" into one that names the path.

    Raises:
        StorageError: The path is there and cannot be read.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise StorageError(
            f"Cannot read {path}: {error.strerror or error}.", hint="Check the folder and its permissions."
        ) from error


def _listed(folder: Path) -> list[str]:
    try:
        with told_as_unreadable(folder):
            return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _checked(id: str) -> str:
    if not ID.fullmatch(id):
        raise UsageError(f"{id!r} is no id of an adapter.", hint="An id has 64 hexadecimal digits.")
    return id
