"""Adapters in a folder that others can read: checked as if a stranger had written it, then taken into a zoo. No torch.

card.json, reference.json, ...    an adapter, with the files that its card names
lineage/<name>/                   an adapter that it stands on or started from
<name>/                           an adapter of a stack, where several are shared as one

What else lies there is for people and other programs, and is not read here.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import ValidationError

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError
from madx_stilts.files import canonical_json, sha256_of, told_as_storage
from madx_stilts.recipe import Frozen
from madx_stilts.stack import AdapterRef, Role, Wanted
from madx_stilts.zoo.layer import CARD
from madx_stilts.zoo.store import Zoo

REFERENCE: Final = "reference.json"
LINEAGE: Final = "lineage"
MAX_CARD_BYTES: Final = 4_000_000
"""Far more than any card has; a larger one is not read."""
_SEGMENT = re.compile(r"[\w.+ ()\[\]@=,-]+")


class Names(Frozen):
    """What `reference.json` holds: the names of an adapter where it comes from."""

    id: str
    names: tuple[tuple[str, str], ...]
    """Role and name, each."""


@dataclass(frozen=True)
class Member:
    """One adapter of a folder.

    Args:
        place: Its folder, below the outer one; empty: the outer one itself.
        names: Its roles and names.
    """

    place: str
    card: Card
    names: tuple[tuple[Role, str], ...]

    def path(self, name: str) -> str:
        """The place of one of its files."""
        return f"{self.place}/{name}" if self.place else name


def names_json(id: str, refs: Iterable[AdapterRef]) -> str:
    """The text of `reference.json`."""
    return canonical_json({"id": id, "names": sorted({(str(ref.role), ref.name) for ref in refs})})


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
    """All files below a folder, by their place.

    Raises:
        AdapterError: There is no such folder, or a link or the like is in it.
    """
    if not folder.is_dir() or folder.is_symlink():
        raise AdapterError(f"There is no folder {folder}.", hint="Name one that `madx-stilts zoo export` wrote.")
    found = []
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise AdapterError(
                f"{path} is a link or no plain file.", hint="Nothing was written. Replace it by what it leads to."
            )
        if path.is_file() and not place.startswith(".cache/"):
            found.append(place)
    return found


def read_member(folder: Path, place: str, *, source: str) -> Member:
    """Read the card and the names of one adapter; its other files are not looked at.

    Raises:
        AdapterError: They are damaged, or do not belong together.
    """
    inner = folder / place
    card = Card.from_json(_small(inner / CARD, source), source=f"{CARD} of {source}")
    if card.id != card.expected_id:
        raise AdapterError(
            f"The card of {card.name} in {source} was changed: what it says belongs to the id {card.expected_id}.",
            hint="Fetch it from where it was published first.",
        )
    if not _SEGMENT.fullmatch(card.name) or not card.files:
        raise AdapterError(f"The card of {card.id[:8]} in {source} names no adapter or no files.", hint=_BROKEN)
    try:
        names = Names.model_validate_json(_small(inner / REFERENCE, source))
    except ValidationError as error:
        raise AdapterError(f"{REFERENCE} of {source} is damaged.", hint=_BROKEN) from error
    wanted = [Wanted.parse(f"{role}/{name}") for role, name in names.names]
    if names.id != card.id or not wanted or any(one.name.startswith(".") for one in wanted):
        raise AdapterError(f"{REFERENCE} of {source} is not about {card.name}.", hint=_BROKEN)
    return Member(place, card, tuple((one.role, one.name) for one in wanted))


def take_in(zoo: Zoo, folder: Path, members: Sequence[Member], *, source: str) -> list[AdapterRef]:
    """Put adapters into a zoo, parents first. Each is checked before the first is added.

    Args:
        folder: Holds all files that the cards name.

    Returns:
        Their references; those of the adapter, or of the stack, that the folder is about come before its lineage.

    Raises:
        AdapterError: A file is missing or not as the card says, or a parent is neither there nor in the zoo.
    """
    by_id = {member.card.id: member for member in members}
    for member in members:
        _check(zoo, folder, member, by_id, source=source)
    done: set[str] = set()

    def add(member: Member) -> None:
        if member.card.id in done:
            return
        done.add(member.card.id)
        for parent in member.card.parents:
            if parent.id in by_id:
                add(by_id[parent.id])
        with zoo.adding(member.card.model_copy(update={"files": {}})) as target:
            for name in member.card.files:
                copy_file(folder / member.path(name), target / name)

    with zoo.adding_all(by_id):
        for member in members:
            add(member)
        ordered = sorted(members, key=lambda member: member.place.startswith(LINEAGE))
        return [zoo.name(role, name, member.card.id) for member in ordered for role, name in member.names]


def copy_lineage(zoo: Zoo, ref: AdapterRef, other: Zoo) -> list[str]:
    """Copy an adapter, with all that it stands on and all their names, into another zoo.

    Returns:
        The ids of those that were not there yet.

    Raises:
        AdapterError: One of them is missing or damaged.
        StorageError: The other zoo cannot be written to.
    """
    new = []
    with zoo.holding([ref.id]), ExitStack() as adding:
        lineage = zoo.lineage(ref.id)
        folders = {card.id: zoo.folder(card.id) for card in lineage}
        adding.enter_context(other.adding_all(folders))
        for card in lineage:
            if not other.is_sound(card.id):
                new.append(card.id)
                with other.adding(card.model_copy(update={"files": {}})) as target:
                    for name in card.files:
                        copy_file(folders[card.id] / name, target / name)
            for one in zoo.refs_of(card.id):
                other.name(one.role, one.name, one.id)
    return new


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file; the folder is made where it is missing."""
    with told_as_storage(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


_BROKEN = "It was not written by `madx-stilts zoo publish` or `zoo export`, or was changed since."


def _small(path: Path, source: str) -> bytes:
    if not path.is_file() or path.stat().st_size > MAX_CARD_BYTES:
        raise AdapterError(f"{path.name} of {source} is missing or far too large.", hint=_BROKEN)
    return path.read_bytes()


def _check(zoo: Zoo, folder: Path, member: Member, known: Iterable[str], *, source: str) -> None:
    for name, expected in member.card.files.items():
        path = folder / member.path(name)
        if not path.is_file():
            raise AdapterError(f"{source} lacks {member.path(name)}.", hint="Nothing was written. Fetch it again.")
        if (found := sha256_of(path)) != expected:
            raise AdapterError(
                f"{member.path(name)} of {source} is damaged: its sha256 is {found}, but its card says {expected}.",
                hint="Nothing was written. Fetch it again; if that does not help, ask who published it.",
            )
    lost = [parent for parent in member.card.parents if parent.id not in {*known} and not zoo.has(parent.id)]
    if lost:
        raise AdapterError(
            f"{member.card.name} stands on {lost[0].reference} ({lost[0].id[:8]}), which is neither in {source} nor in "
            "the zoo.",
            hint="Fetch that one first.",
        )
