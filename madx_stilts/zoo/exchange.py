"""Adapters in a folder that others can read: checked as if a stranger had written it, then taken into a zoo. No torch.

card.json, reference.json, ...    an adapter, with the files that its card names
lineage/<name>/                   an adapter that it stands on or started from
<name>/                           an adapter of a stack, where several are shared as one

What else lies there is for people and other programs, and is not read here.
"""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.files import canonical_json, read_bounded, sha256_of, told_as_storage
from madx_stilts.recipe import Frozen
from madx_stilts.stack import AdapterRef, Role, WrittenRef
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo.agreement import check_names, check_weights
from madx_stilts.zoo.folder import LINEAGE
from madx_stilts.zoo.imported import imported_from, note_imported
from madx_stilts.zoo.layer import CARD
from madx_stilts.zoo.store import Zoo
from madx_stilts.zoo.succession import AdapterChanges, succession

REFERENCE: Final = "reference.json"
MAX_CARD_BYTES: Final = 4_000_000
"""Far more than any card has; a larger one is not read."""
_MAX_MEMBERS: Final = 500
_LONGEST_NAME: Final = 200
"""Bytes: the name of an adapter becomes the name of a folder."""


class ReferenceNames(Frozen):
    """What `reference.json` holds: the names of an adapter where it comes from."""

    id: str
    names: Annotated[tuple[tuple[str, str], ...], Field(max_length=100)]
    """Role and name, each."""


@dataclass(frozen=True)
class FolderAdapter:
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


def read_member(folder: Path, place: str, *, source: str) -> FolderAdapter:
    """Read the card and the names of one adapter; its other files are not looked at.

    Raises:
        AdapterError: They are damaged, or do not belong together.
    """
    inner = folder / place
    card = read_card(inner / CARD, source=source)
    if card.id != card.expected_id:
        raise AdapterError(
            f"The card of {card.name} in {source} was changed: what it says belongs to the id {card.expected_id}.",
            hint="Fetch it from where it was published first.",
        )
    if not re.fullmatch(rf"[A-Za-z0-9_]*-{card.id[:8]}", card.name):
        raise AdapterError(
            f"The card of {card.id[:8]} in {source} calls it {card.name[:80]!r}, and its files would not.",
            hint=_BROKEN,
        )
    check_names(card)
    return FolderAdapter(place, card, _names(inner / REFERENCE, card, source=source))


def read_card(path: Path, *, source: str) -> Card:
    """Read a card that others wrote.

    Raises:
        AdapterError: It is missing, damaged or far too large.
    """
    return Card.from_json(_small(path, source), source=f"{CARD} of {source}")


def _names(path: Path, card: Card, *, source: str) -> tuple[tuple[Role, str], ...]:
    content = _small(path, source)
    try:
        parse(content)
        names = ReferenceNames.model_validate_json(content)
        wanted = [WrittenRef.parse(f"{role}/{name}") for role, name in names.names]
    except (ValidationError, JsonError, UsageError) as error:
        raise AdapterError(f"{REFERENCE} of {source} is damaged.", hint=_BROKEN) from error
    long = any(one.name.startswith(".") or len(one.name.encode()) > _LONGEST_NAME for one in wanted)
    if names.id != card.id or not wanted or long or any(one.version for one in wanted):
        raise AdapterError(f"{REFERENCE} of {source} is not about {card.name}.", hint=_BROKEN)
    return tuple((one.role, one.name) for one in wanted)


def take_in(
    zoo: Zoo, folder: Path, members: Sequence[FolderAdapter], *, source: str, replace: bool = False
) -> list[AdapterRef]:
    """Put adapters into a zoo, parents first. Each is checked before the first is added.

    Args:
        folder: Holds all files that the cards name.
        replace: Whether they may take the place of adapters of the same ids whose weights differ.

    Returns:
        Their references; those of the adapter, or of the stack, that the folder is about come before its lineage.

    Raises:
        AdapterError: A file is missing or not as the card or its recipe says, a parent is neither there nor in the
            zoo, or the zoo has other weights for the same id.
    """
    if len(members) > _MAX_MEMBERS:
        raise AdapterError(f"{source} has more than {_MAX_MEMBERS} adapters.", hint="Fetch them one by one.")
    by_id = _by_id(members, source=source)
    for member in members:
        _check(zoo, folder, member, by_id, source=source)
    with zoo.adding_all(by_id):
        plan = succession(zoo, [member.card for member in by_id.values()], source=source, replace=replace)
        for id in _parents_first(by_id):
            if plan.wants(id):
                _add(zoo, folder, by_id[id], plan, source=source)
        ordered = sorted(members, key=lambda member: member.place.startswith(LINEAGE))
        return [zoo.name(role, name, member.card.id) for member in ordered for role, name in member.names]


def _by_id(members: Sequence[FolderAdapter], *, source: str) -> dict[str, FolderAdapter]:
    """The adapters by id; one that is there twice is the same twice."""
    found: dict[str, FolderAdapter] = {}
    for member in members:
        other = found.setdefault(member.card.id, member)
        if other.card.files != member.card.files:
            raise AdapterError(f"{source} has {member.card.name} twice, with different files.", hint=_BROKEN)
    return found


def _parents_first(by_id: Mapping[str, FolderAdapter]) -> Iterable[str]:
    # Without circles: an id is a hash of, among others, the ids of the parents.
    graph = {id: [parent.id for parent in member.card.parents if parent.id in by_id] for id, member in by_id.items()}
    return TopologicalSorter(graph).static_order()


def _add(zoo: Zoo, folder: Path, member: FolderAdapter, plan: AdapterChanges, *, source: str) -> None:
    card = member.card
    note_imported(zoo.own_root, card.id, source)
    with zoo.adding(card.model_copy(update={"files": {}}), over=plan.over.get(card.id)) as target:
        for name, expected in card.files.items():
            copy_file(folder / member.path(name), target / name)
            if sha256_of(target / name) != expected:
                raise AdapterError(f"{member.path(name)} of {source} changed while it was read.", hint=_BROKEN)


def to_copy(zoo: Zoo, ref: AdapterRef, other: Zoo) -> AdapterChanges:
    """What of an adapter and its lineage another zoo lacks.

    Raises:
        AdapterError: One of them is missing, or the other zoo has other weights for its id.
    """
    return succession(other, zoo.lineage(ref.id), source=f"the zoo {zoo.own_root}", replace=False)


def copy_lineage(zoo: Zoo, ref: AdapterRef, other: Zoo) -> list[str]:
    """Copy an adapter, with all that it stands on and all their names, into another zoo.

    Returns:
        The ids of those that were not there yet.

    Raises:
        AdapterError: One of them is missing or damaged, or the other zoo has other weights for its id.
        StorageError: The other zoo cannot be written to.
    """
    with zoo.holding([ref.id]), ExitStack() as adding:
        lineage = zoo.lineage(ref.id)
        folders = {card.id: zoo.folder(card.id) for card in lineage}
        adding.enter_context(other.adding_all(folders))
        plan = to_copy(zoo, ref, other)
        for card in lineage:
            if plan.wants(card.id):
                origin = imported_from(zoo.root_of(card.id), card.id) or f"the zoo {zoo.root_of(card.id)}"
                note_imported(other.own_root, card.id, origin)
                with other.adding(card.model_copy(update={"files": {}})) as target:
                    for name in card.files:
                        copy_file(folders[card.id] / name, target / name)
            for one in zoo.refs_of(card.id):
                other.name(one.role, one.name, one.id)
        return [card.id for card in lineage if plan.wants(card.id)]


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file; the folder is made where it is missing."""
    with told_as_storage(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


_BROKEN = "It was not written by `madx-stilts zoo publish` or `zoo export`, or was changed since."


def _small(path: Path, source: str) -> bytes:
    try:
        return read_bounded(path, limit=MAX_CARD_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise AdapterError(f"{path.name} of {source} cannot be read: {reason}.", hint=_BROKEN) from error


def _check(zoo: Zoo, folder: Path, member: FolderAdapter, known: Iterable[str], *, source: str) -> None:
    for name, expected in member.card.files.items():
        path = folder / member.path(name)
        if not path.is_file():
            raise AdapterError(f"{source} lacks {member.path(name)}.", hint="Nothing was written. Fetch it again.")
        if (found := sha256_of(path)) != expected:
            raise AdapterError(
                f"{member.path(name)} of {source} is damaged: its sha256 is {found}, but its card says {expected}.",
                hint="Nothing was written. Fetch it again; if that does not help, ask who published it.",
            )
    check_weights(member.card, folder / member.place)
    lost = [parent for parent in member.card.parents if parent.id not in {*known} and not zoo.has(parent.id)]
    if lost:
        raise AdapterError(
            f"{member.card.name} stands on {lost[0].reference} ({lost[0].id[:8]}), which is neither in {source} nor in "
            "the zoo.",
            hint="Fetch that one first.",
        )
