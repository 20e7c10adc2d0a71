"""A zoo: a folder of adapters, over others that are only read. Safe for many readers and writers at once.

Nothing shared is ever rewritten. An adapter is a folder that appears whole, by one rename; a reference is a file
of its own. Locks only keep two processes from doing the same work, and tell what is left from what is being written.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, Busy, NewerAdapter
from madx_stilts.files import sha256_of, sweep, told_as_storage, write_whole, written_folder
from madx_stilts.stack import AdapterRef, Role, Wanted, require_name
from madx_stilts.zoo import leftovers
from madx_stilts.zoo.choose import Entry, choose, fits, missing
from madx_stilts.zoo.layer import CARD, Layer, reference_json
from madx_stilts.zoo.lock import held
from madx_stilts.zoo.verify import Fault, content_faults, contents, layer_faults

_ADDING_WAIT = 600.0
"""Seconds to wait for a process that adds the same adapter: far more than writing its files takes."""


class Zoo:
    """Adapters by id and by readable name.

    Args:
        layers: Folders, at least one. The first is the user's: all is written there, and it is made when the first
            thing is. The others, such as the shipped adapters, are only read. Where two hold the same id, the
            earlier counts.
    """

    def __init__(self, layers: Sequence[Path]) -> None:
        if not layers:
            raise ValueError("A zoo needs at least one folder.")
        self._layers = tuple(map(Layer, layers))
        self._own = self._layers[0]

    @property
    def own_root(self) -> Path:
        """The folder that is written to."""
        return self._own.root

    def has(self, id: str) -> bool:
        """Whether an adapter is there; its files are looked at only when `folder` is asked for them."""
        return any(layer.holds(id) for layer in self._layers)

    def card(self, id: str) -> Card:
        """The card of an adapter.

        Raises:
            AdapterError: There is no such adapter, or its card is damaged.
        """
        return self._layer_of(id).card(id)

    def folder(self, id: str) -> Path:
        """The folder of an adapter's files, all of them checked.

        Raises:
            AdapterError: There is no such adapter, or a file of it is missing or damaged.
        """
        layer = self._layer_of(id)
        folder = layer.object(id)
        for fault in content_faults(folder, layer.card(id)):
            hint = f"Run `madx-stilts zoo verify` to see all that is damaged. Remove {folder} to train it anew."
            raise AdapterError(str(fault), hint=hint)
        return folder

    def entries(self) -> list[Entry]:
        """All references with the cards of their adapters, sorted by role, name and id.

        Raises:
            AdapterError: A card is missing or damaged.
        """
        return [Entry(ref, self.card(ref.id)) for ref in self.references()]

    def refs_of(self, id: str) -> list[AdapterRef]:
        """All references to one adapter."""
        return [ref for ref in self.references() if ref.id == id]

    def root_of(self, id: str) -> Path:
        """The folder of the layer that an adapter is in.

        Raises:
            AdapterError: There is no such adapter.
        """
        return self._layer_of(id).root

    def lineage(self, id: str) -> list[Card]:
        """An adapter and all that it stands on or started from, parents before children.

        Raises:
            AdapterError: One of them is missing or its card is damaged.
        """
        found: list[Card] = []
        seen: set[str] = set()

        def visit(id: str) -> None:
            if id not in seen:
                seen.add(id)
                card = self.card(id)
                for parent in card.parents:
                    visit(parent.id)
                found.append(card)

        visit(id)
        return found

    def find(self, wanted: str | Wanted, *, backbone: str | None = None) -> AdapterRef:
        """The adapter that a readable name means.

        Args:
            wanted: `role/name` or `role/name@version`.
            backbone: Fingerprint of the backbone it must fit; adapters of others are left out. None: any.

        Raises:
            UsageError: The text is no reference.
            AdapterError: It means no adapter, or several of one layer; the message tells what differs in their recipes.
        """
        if isinstance(wanted, str):
            wanted = Wanted.parse(wanted)
        named: dict[AdapterRef, Entry] = {}
        for layer in self._layers:
            here = [Entry(ref, self.card(ref.id)) for ref in layer.versions(wanted.role, wanted.name)]
            # What the user made is meant before what stands below it, if it can be meant at all.
            fitting = [entry for entry in here if fits(wanted, entry, backbone=backbone)]
            if fitting:
                return choose(wanted, fitting, backbone=backbone)
            named |= {entry.ref: entry for entry in here}
        if not named:
            raise missing(wanted, self.references())
        return choose(wanted, sorted(named.values(), key=lambda entry: entry.ref.id), backbone=backbone)

    def verify(self) -> list[Fault]:
        """Everything that is wrong, in all layers; every file is read."""
        return [fault for layer in self._layers for fault in layer_faults(layer, self.has)]

    @contextmanager
    def adding(self, card: Card, *, over: Card | None = None) -> Iterator[Path]:
        """Give an empty folder to write an adapter's files into; when the block ends well, the zoo has the adapter.

        The card is added to the files, with their sums. If the block fails, nothing stays. An adapter that is
        there already stays and the new files are dropped, unless it is damaged: then they take its place.

        Args:
            card: The card, without `files`.
            over: The adapter of that id whose place it takes; None: one that is there stays.

        Raises:
            StorageError: No permission, or no space.
        """
        if card.expected_id != card.id:
            raise ValueError(f"The card's id is {card.id}, but its recipe, backbone and data give {card.expected_id}.")
        if self._stays(card.id, over):
            with TemporaryDirectory() as unwanted:
                yield Path(unwanted)
            return
        final = self._own.object(card.id)
        with self._adding_lock(card.id):
            leftovers.sweep_adding(self._own, card.id)
            with written_folder(final) as folder:
                yield folder
                complete = card.model_copy(update={"files": _sums(folder)})
                Card.from_json(complete.to_json())  # `model_copy` checks nothing; what cannot be read is not written
                write_whole(folder / CARD, complete.to_json())
                if not self._stays(card.id, over):
                    leftovers.put_aside(final)
            leftovers.sweep_adding(self._own, card.id)

    def name(self, role: Role, name: str, id: str) -> AdapterRef:
        """Give an adapter that is there a role and a name. It may have several.

        Raises:
            AdapterError: There is no such adapter.
            UsageError: The name cannot be written in a reference, or is too long for a folder.
            StorageError: No permission, or no space.
        """
        require_name(name)
        self._layer_of(id)
        ref = AdapterRef(role, name, id)
        if not any(layer.reference(ref).is_file() for layer in self._layers):
            with self._adding_lock(id):
                write_whole(self._own.reference(ref), reference_json(ref))
        return ref

    @contextmanager
    def work(self, id: str, *, wait_seconds: float = 0.0) -> Iterator[Path]:
        """Give the folder of an unfinished training, for this process alone.

        It stays until `discard_work`, unless it is empty.

        Args:
            wait_seconds: How long to wait if another process has it.

        Raises:
            Busy: Another process still has it.
            StorageError: No permission, or no space.
        """
        with self._training_lock(id, wait_seconds):
            folder = self._own.work(id)
            with told_as_storage(folder):
                folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            try:
                yield folder
            finally:
                # It stays if anything is in it; what stopped before its first checkpoint leaves nothing.
                with suppress(OSError):
                    folder.rmdir()

    def discard_work(self, id: str) -> None:
        """Remove the folder of an unfinished training, also inside the block of `work`.

        Raises:
            Busy: Another process has it.
            StorageError: No permission.
        """
        with self._training_lock(id, 0.0):
            leftovers.discard(self._own.work(id))

    def sweep(self) -> list[Path]:
        """Remove what processes left that did not end well, and tell what was removed.

        That is what is half-written under no lock, and the unfinished training of an adapter that is there.

        Raises:
            StorageError: No permission.
        """
        removed = leftovers.sweep(self._own)
        for folder in self._own.unfinished():
            with suppress(Busy):
                if self.has(folder.name):
                    self.discard_work(folder.name)
                    removed.append(folder)
        return removed

    def _layer_of(self, id: str) -> Layer:
        for layer in self._layers:
            if layer.holds(id):
                return layer
        folders = ", ".join(str(layer.root) for layer in self._layers)
        raise AdapterError(f"The zoo has no adapter with the id {id}.", hint=f"Looked in {folders}.")

    def references(self) -> list[AdapterRef]:
        """All references, sorted by role, name and id, whatever state their adapters are in."""
        refs = {(ref.role, ref.name, ref.id): ref for layer in self._layers for ref in layer.references()}
        return [refs[key] for key in sorted(refs)]

    def is_sound(self, id: str) -> bool:
        """Whether an adapter is there and all its files are as its card says.

        Raises:
            NewerAdapter: A newer version of the package wrote it.
        """
        try:
            self.folder(id)
        except NewerAdapter:
            raise  # nothing is to be put in its place
        except AdapterError:
            return False
        return True

    def _stays(self, id: str, over: Card | None) -> bool:
        """Whether the adapter that is there stays: it is sound, and not the one whose place is taken."""
        return self.is_sound(id) and (over is None or self.card(id).files != over.files)

    def _adding_lock(self, id: str) -> AbstractContextManager[None]:
        busy = f"Another process has been adding the adapter {id} for {_ADDING_WAIT:.0f} seconds."
        return held(self._own.lock("adding", id), busy=busy, wait_seconds=_ADDING_WAIT)

    def _training_lock(self, id: str, wait_seconds: float) -> AbstractContextManager[None]:
        busy = f"Another process is training the adapter {id} in {self._own.work(id)}."
        return held(self._own.lock("training", id), busy=busy, wait_seconds=wait_seconds)


def _sums(folder: Path) -> dict[str, str]:
    """The sum of each file that was written, by its place in the folder."""
    found = {path.relative_to(folder).as_posix(): path for path in contents(folder)}
    strange = [name for name, path in found.items() if not path.is_file() or path.is_symlink() or name == CARD]
    if strange or not found:
        raise ValueError(f"An adapter is made of files only, without a card; found {', '.join(strange) or 'nothing'}.")
    return {name: sha256_of(path) for name, path in found.items()}
