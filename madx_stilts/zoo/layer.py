"""One folder of adapters: where things lie in it, and how they are read. Objects and references, as git has them.

objects/<2 digits>/<id>/      the files of one adapter and its card
refs/<role>/<name>/<id>.json  a name for it; one file per version, so that two writers never meet in one file
work/<id>/                    a training that is not finished
locks/                        empty files for processes to lock
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, StorageError, UsageError
from madx_stilts.files import PARTIAL, canonical_json
from madx_stilts.stack import AdapterRef, Role

CARD: Final = "card.json"
ID: Final = re.compile(r"[0-9a-f]{64}")
Purpose = Literal["adding", "job", "training"]


@dataclass(frozen=True)
class Layer:
    """A folder of adapters. A folder that does not exist is an empty layer."""

    root: Path

    def object(self, id: str) -> Path:
        """The folder of an adapter's files."""
        return self.root / "objects" / _checked(id)[:2] / id

    def reference(self, ref: AdapterRef) -> Path:
        """The file that gives an adapter its role and name."""
        return self.root / "refs" / str(ref.role) / ref.name / f"{_checked(ref.id)}.json"

    def work(self, id: str) -> Path:
        """The folder of a training that is not finished."""
        return self.root / "work" / _checked(id)

    def lock(self, purpose: Purpose, id: str) -> Path:
        """The file to lock while `purpose` is done to an adapter, or a job of that id is done."""
        return self.root / "locks" / f"{purpose}-{_checked(id)}.lock"

    def holds(self, id: str) -> bool:
        """Whether the adapter is here; its files are not looked at."""
        path = self.object(id) / CARD
        with told_as_unreadable(path):
            return path.is_file()

    def card(self, id: str) -> Card:
        """The card of an adapter that is here.

        Raises:
            AdapterError: The card is missing, damaged, or another adapter's.
        """
        path = self.object(id) / CARD
        try:
            with told_as_unreadable(path):
                content = path.read_bytes()
        except FileNotFoundError as error:
            raise AdapterError(
                f"{path} is missing.", hint="Run `madx-stilts zoo verify` to see all that is damaged."
            ) from error
        card = Card.from_json(content, source=str(path))
        if card.id != id:
            raise AdapterError(
                f"{path} is the card of another adapter, {card.id}.",
                hint="Run `madx-stilts zoo verify` to see all that is damaged.",
            )
        return card

    def references(self) -> list[AdapterRef]:
        """All references, sorted by role, name and id."""
        return [ref for role in Role for name in children(self._names(role)) for ref in self.versions(role, name.name)]

    def versions(self, role: Role, name: str) -> list[AdapterRef]:
        """The references of one name, sorted by id."""
        files = children(self._names(role) / name)
        return [
            AdapterRef(role, name, file.stem) for file in files if file.suffix == ".json" and ID.fullmatch(file.stem)
        ]

    def unfinished(self) -> list[Path]:
        """The folders of trainings that are not finished."""
        return [folder for folder in children(self.root / "work") if ID.fullmatch(folder.name)]

    def _names(self, role: Role) -> Path:
        return self.root / "refs" / str(role)


def reference_json(ref: AdapterRef) -> str:
    """What the file of a reference holds: the same as its path, for people and for `verify`."""
    return canonical_json({"role": str(ref.role), "name": ref.name, "id": ref.id})


def children(folder: Path) -> list[Path]:
    """What lies in a folder, sorted, without hidden and half-written things; nothing if it does not exist."""
    try:
        with told_as_unreadable(folder):
            found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path for path in found if not path.name.startswith(".") and not path.name.endswith(PARTIAL)]


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


def _checked(id: str) -> str:
    if not ID.fullmatch(id):
        raise UsageError(f"{id!r} is no id of an adapter.", hint="An id has 64 hexadecimal digits.")
    return id
