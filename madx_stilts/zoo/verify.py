"""Whether a layer is whole: every file as its card says, every reference and parent there, nothing astray."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, StorageError
from madx_stilts.files import sha256_of
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.layer import CARD, ID, Layer, children, reference_json
from madx_stilts.zoo.leftovers import leftovers


@dataclass(frozen=True)
class Fault:
    """Something wrong in a zoo.

    Args:
        path: The file or folder to look at.
        problem: What is wrong with it, as a sentence without a subject.
    """

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{self.path} {self.problem}"


def layer_faults(layer: Layer, known: Callable[[str], bool]) -> list[Fault]:
    """All faults of one layer.

    Args:
        known: Whether any layer of the zoo holds the adapter of that id.
    """
    left = [Fault(path, "was left by a process that did not end well.") for path in leftovers(layer)]
    return [*_object_faults(layer, known), *_reference_faults(layer, known), *left]


def contents(folder: Path) -> list[Path]:
    """All that lies in an adapter's folder and the folders in it, sorted; a folder counts only where it is empty."""
    found = sorted(folder.rglob("*"))
    return [path for path in found if path.is_symlink() or not path.is_dir() or not any(path.iterdir())]


def content_faults(folder: Path, card: Card) -> Iterator[Fault]:
    """Files of an adapter that are missing or are not what its card says."""
    for name, expected in card.files.items():
        path = folder / name
        try:
            found = sha256_of(path)
        except FileNotFoundError:
            yield Fault(path, "is missing.")
        except OSError as error:
            yield Fault(path, f"cannot be read: {error.strerror or error}.")
        else:
            if found != expected:
                yield Fault(path, f"is damaged: its sha256 is {found}, but its card says {expected}.")


def _object_faults(layer: Layer, known: Callable[[str], bool]) -> Iterator[Fault]:
    for shard in children(layer.root / "objects"):
        for folder in children(shard) if shard.is_dir() else [shard]:
            if ID.fullmatch(folder.name) and folder == layer.object(folder.name):
                yield from _adapter_faults(layer, folder.name, known)
            else:
                yield Fault(folder, "is no adapter: expected objects/<2 digits>/<id>.")


def _adapter_faults(layer: Layer, id: str, known: Callable[[str], bool]) -> Iterator[Fault]:
    folder = layer.object(id)
    try:
        card = layer.card(id)
    except (AdapterError, StorageError) as error:
        yield Fault(folder / CARD, f"cannot be used: {error.message}")
        return
    yield from content_faults(folder, card)
    for path in contents(folder):
        if path.relative_to(folder).as_posix() not in {*card.files, CARD}:
            yield Fault(path, "is not in the card.")
    if card.expected_id != id:
        yield Fault(folder / CARD, f"was changed: its recipe, backbone and data belong to the id {card.expected_id}.")
    for parent in card.parents:
        if not known(parent.id):
            yield Fault(folder / CARD, f"names a parent that is missing, {parent.reference} ({parent.id}).")


def _reference_faults(layer: Layer, known: Callable[[str], bool]) -> Iterator[Fault]:
    roles = {str(role): role for role in Role}
    for place in children(layer.root / "refs"):
        if place.name not in roles:
            yield Fault(place, f"is no role; roles are {', '.join(roles)}.")
            continue
        for name in children(place):
            refs = layer.versions(roles[place.name], name.name)
            expected = {layer.reference(ref) for ref in refs}
            strays = [path for path in (children(name) if name.is_dir() else [name]) if path not in expected]
            yield from (Fault(path, "is no reference: expected refs/<role>/<name>/<id>.json.") for path in strays)
            for ref in refs:
                yield from _one_reference(layer.reference(ref), ref, known)


def _one_reference(path: Path, ref: AdapterRef, known: Callable[[str], bool]) -> Iterator[Fault]:
    try:
        content = path.read_bytes()
    except OSError as error:
        yield Fault(path, f"cannot be read: {error.strerror or error}.")
        return
    if content != reference_json(ref).encode():
        yield Fault(path, f"does not say what its place says: expected {reference_json(ref)}.")
    if not known(ref.id):
        yield Fault(path, "refers to an adapter that is missing.")
