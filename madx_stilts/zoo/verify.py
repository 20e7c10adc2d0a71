"""Whether a layer is whole: every file as its card says, every reference and parent there, nothing astray."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, StorageError
from madx_stilts.files import PARTIAL, read_bounded, sha256_of
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.below import names_below
from madx_stilts.zoo.fault import ZooFault
from madx_stilts.zoo.inventory import date_of
from madx_stilts.zoo.layer import CARD, ID, PARTS, Layer, children, is_name, reference_json
from madx_stilts.zoo.leftovers import leftovers
from madx_stilts.zoo.published import published_faults

_LONGEST_REFERENCE = 10_000
"""Bytes."""


def layer_faults(layer: Layer, known: Callable[[str], bool]) -> list[ZooFault]:
    """All faults of one layer. What another process removes meanwhile is none.

    Args:
        known: Whether any layer of the zoo holds the adapter of that id.
    """
    return _Check(layer, known).all()


def content_faults(folder: Path, card: Card) -> Iterator[ZooFault]:
    """Files of an adapter that are missing or are not what its card says."""
    for name, expected in card.files.items():
        path = folder / name
        try:
            found = sha256_of(path)
        except FileNotFoundError:
            yield ZooFault(path, "is missing.")
        except OSError as error:
            yield ZooFault(path, f"cannot be read: {error.strerror or error}.")
        else:
            if found != expected:
                yield ZooFault(path, f"is damaged: its sha256 is {found}, but its card says {expected}.")


class _Check:
    """One look at a layer. Each part of it finds its faults whatever is wrong with the others."""

    def __init__(self, layer: Layer, known: Callable[[str], bool]) -> None:
        self._layer = layer
        self._holds = known
        self._cards: dict[str, Card] = {}
        self._unreadable: list[ZooFault] = []

    def all(self) -> list[ZooFault]:
        """Every fault."""
        parts = (self._objects, self._circles, self._references, self._published, self._parts, self._work, self._left)
        found: list[ZooFault] = []
        for part in parts:
            try:
                found += part()
            except (StorageError, OSError) as error:
                self._unreadable.append(ZooFault(self._layer.root, f"cannot be read as a whole: {error}"))
        return [*found, *self._unreadable]

    def _known(self, id: str) -> bool:
        try:
            return id in self._cards or self._holds(id)
        except StorageError:
            return True  # it is there; that it cannot be read is told of itself

    def _in(self, folder: Path) -> list[Path]:
        """What lies in a folder; one that cannot be read is a fault."""
        try:
            return children(folder)
        except StorageError as error:
            self._unreadable.append(ZooFault(folder, f"cannot be looked into: {error.message}"))
            return []

    def _objects(self) -> Iterator[ZooFault]:
        for shard in self._in(self._layer.root / "objects"):
            for folder in self._in(shard) if shard.is_dir() else [shard]:
                if not ID.fullmatch(folder.name) or shard.name != folder.name[:2]:
                    yield ZooFault(folder, "is no adapter: expected objects/<2 digits>/<id>.")
                elif not folder.is_dir():
                    yield ZooFault(folder, "is no folder.")
                else:
                    faults = list(self._adapter(folder))
                    # Where it was removed meanwhile, nothing is wrong.
                    yield from faults if faults and folder.exists() else []

    def _adapter(self, folder: Path) -> Iterator[ZooFault]:
        try:
            card = self._layer.card(folder.name)
        except (AdapterError, StorageError) as error:
            yield ZooFault(folder / CARD, f"cannot be used: {error.message}")
            return
        self._cards[card.id] = card
        yield from content_faults(folder, card)
        for name in names_below(folder):
            if name not in card.files and name != CARD:
                yield ZooFault(folder / name, "is not in the card.")
        yield from (ZooFault(folder / CARD, problem) for problem in _problems(card, self._known))

    def _circles(self) -> Iterator[ZooFault]:
        """Adapters that stand on each other in a circle."""
        parents = {id: {one.id for one in card.parents if one.id != id} for id, card in self._cards.items()}
        children = _turned({id: ids & parents.keys() for id, ids in parents.items()})
        # What has no parents left, and then what has no children left, is in no circle.
        rest = _peeled(_peeled(parents.keys(), children), _turned(children))
        for id in sorted(rest):
            yield ZooFault(self._layer.card_file(id), "names parents that stand on the adapter itself, in a circle.")

    def _references(self) -> Iterator[ZooFault]:
        roles = {str(role): role for role in Role}
        for place in self._in(self._layer.root / "refs"):
            if place.name not in roles:
                yield ZooFault(place, f"is no role; roles are {', '.join(roles)}.")
            elif not place.is_dir():
                yield ZooFault(place, "is no folder.")
            else:
                for name in self._in(place):
                    yield from self._name(roles[place.name], name)

    def _name(self, role: Role, name: Path) -> Iterator[ZooFault]:
        if name.is_dir() and not is_name(name.name):
            yield ZooFault(name, "is no name that a reference could hold; it is left out everywhere.")
            return
        files = self._in(name) if name.is_dir() else [name]
        for path in files:
            if path == name or path.suffix != ".json" or not ID.fullmatch(path.stem):
                yield ZooFault(path, "is no reference: expected refs/<role>/<name>/<id>.json.")
            else:
                yield from _one_reference(path, AdapterRef(role, name.name, path.stem), self._known)

    def _published(self) -> Iterator[ZooFault]:
        try:
            yield from published_faults(self._layer.root)
        except StorageError as error:
            yield ZooFault(self._layer.root / "published", f"cannot be looked into: {error.message}")

    def _parts(self) -> Iterator[ZooFault]:
        for name in PARTS:
            path = self._layer.root / name
            if path.is_symlink() and not path.exists():
                yield ZooFault(path, "is a link to nothing; expected a folder.")
            elif path.exists() and not path.is_dir():
                yield ZooFault(path, "is no folder.")
        for lock in self._in(self._layer.root / "locks"):
            if not lock.is_file():
                yield ZooFault(lock, "is no plain file, so nothing can be locked by it.")

    def _work(self) -> Iterator[ZooFault]:
        for path in self._in(self._layer.root / "work"):
            if not ID.fullmatch(path.name) or not path.is_dir():
                yield ZooFault(path, "is no unfinished training: expected work/<id>.")

    def _left(self) -> Iterator[ZooFault]:
        for path in leftovers(self._layer, self._known):
            writer = "process that did not end well" if path.name.endswith(PARTIAL) else "training that is over"
            yield ZooFault(path, f"was left by a {writer}.")


def _problems(card: Card, known: Callable[[str], bool]) -> Iterator[str]:
    """What is wrong with a card that can be read."""
    if card.expected_id != card.id:
        yield f"was changed: its recipe, backbone and data belong to the id {card.expected_id}."
    if date_of(card) is None:
        yield f"cannot be used: it has the date {card.created}, which does not exist."
    for parent in card.parents:
        if parent.id == card.id:
            yield "names the adapter as its own parent."
        elif not known(parent.id):
            yield f"names a parent that is missing, {parent.reference} ({parent.id})."
        elif parent.id not in card.recipe.parents:
            yield f"names a parent that its recipe does not need, {parent.reference} ({parent.id})."


def _turned(edges: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same edges from their ends to their beginnings."""
    found: dict[str, set[str]] = {id: set() for id in edges}
    for id, others in edges.items():
        for other in others:
            found[other].add(id)
    return found


def _peeled(ids: Iterable[str], edges: Mapping[str, set[str]]) -> set[str]:
    """What is left when, again and again, all is taken away that no edge from what is left leads to."""
    left = set(ids)
    count = dict.fromkeys(left, 0)
    for id in left:
        for other in edges[id] & left:
            count[other] += 1
    free = [id for id, edges_in in count.items() if edges_in == 0]
    while free:
        id = free.pop()
        left.discard(id)
        for other in edges[id] & left:
            count[other] -= 1
            if count[other] == 0:
                free.append(other)
    return left


def _one_reference(path: Path, ref: AdapterRef, known: Callable[[str], bool]) -> Iterator[ZooFault]:
    try:
        content = read_bounded(path, limit=_LONGEST_REFERENCE)
    except FileNotFoundError:  # removed meanwhile
        return
    except OSError as error:
        yield ZooFault(path, f"cannot be read: {error.strerror or error}.")
        return
    if content != reference_json(ref).encode():
        yield ZooFault(path, f"does not say what its place says: expected {reference_json(ref)}.")
    if not known(ref.id) and path.exists():
        yield ZooFault(path, "refers to an adapter that is missing.")
