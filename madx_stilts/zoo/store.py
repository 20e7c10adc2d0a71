"""A zoo: a folder of adapters, over others that are only read. Safe for many readers and writers at once.

Nothing shared is ever rewritten. An adapter is a folder that appears whole, by one rename; a reference is a file
of its own. Locks only keep two processes from doing the same work, and tell what is left from what is being written.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.card import Card
from madx_stilts.errors import Busy
from madx_stilts.files import sha256_of, sweep, told_as_storage, write_whole, written_folder
from madx_stilts.locks import held, unreserved
from madx_stilts.stack import AdapterRef, Role, require_name
from madx_stilts.zoo import leftovers
from madx_stilts.zoo.below import names_below
from madx_stilts.zoo.fault import ZooFault
from madx_stilts.zoo.layer import CARD, Layer, reference_json
from madx_stilts.zoo.reader import Reader
from madx_stilts.zoo.verify import layer_faults

_ADDING_WAIT = 600.0
"""Seconds to wait for a process that adds the same adapter: far more than writing its files takes."""


class Zoo(Reader):
    """Adapters by id and by readable name.

    Args:
        layers: Folders, at least one. The first is the user's: all is written there, and it is made when the first
            thing is. The others, such as the shipped adapters, are only read. Where two hold the same id, the
            earlier counts.
    """

    def __init__(self, layers: Sequence[Path]) -> None:
        super().__init__(layers)
        self._own = self._layers[0]

    @property
    def own_root(self) -> Path:
        """The folder that is written to."""
        return self._own.root

    def snapshot(self) -> "Zoo":
        """The zoo with its names and cards as they are now, each of which is read once."""
        return _Snapshot([layer.root for layer in self._layers])

    def verify(self) -> list[ZooFault]:
        """Everything that is wrong, in all layers; every file is read."""
        return [fault for layer in self._layers for fault in layer_faults(layer, self.has)]

    def unfinished(self) -> list[leftovers.Unfinished]:
        """The trainings of the user's layer that were stopped and can be resumed."""
        return leftovers.unfinished(self._own, self.has)

    @contextmanager
    def adding(self, card: Card, *, over: Card | None = None) -> Iterator[Path]:
        """Give an empty folder to write an adapter's files into; when the block ends well, the zoo has the adapter.

        The card is added to the files, with their sums. If the block fails, nothing stays. An adapter that is
        there already stays and the new files are dropped, unless it is damaged: then they take its place. Its parents
        are held, so that it never is without them.

        Args:
            card: The card, without `files`.
            over: The adapter of that id whose place it takes; None: one that is there stays.

        Raises:
            AdapterError: A parent is missing.
            StorageError: No permission, or no space.
        """
        if card.expected_id != card.id:
            raise ValueError(f"The card's id is {card.id}, but its recipe, backbone and data give {card.expected_id}.")
        if self._stays(card.id, over):
            with TemporaryDirectory() as unwanted:
                yield Path(unwanted)
            return
        final = self._own.object(card.id)
        with self.holding(parent.id for parent in card.parents), self._adding_lock(card.id), ExitStack() as appearing:
            leftovers.sweep_adding(self._own, card.id)
            with written_folder(final) as folder:
                yield folder
                complete = card.model_copy(update={"files": _sums(folder)})
                Card.from_json(complete.to_json())  # `model_copy` checks nothing; what cannot be read is not written
                write_whole(folder / CARD, complete.to_json())
                # Until the folder has its name: who prunes has seen it, or comes after it.
                appearing.enter_context(self._own.growing())
                if not self._stays(card.id, over):
                    self._make_room(card.id)
            leftovers.sweep_adding(self._own, card.id)

    @contextmanager
    def adding_all(self, ids: Iterable[str]) -> Iterator[None]:
        """Inside the block these adapters are added, each with `adding`, and named; none is pruned before it ends.

        Raises:
            Busy: Another process has been adding one of them for long.
        """
        with ExitStack() as locks:
            for id in sorted({*ids}):  # in one order, so that two processes never wait for each other
                locks.enter_context(self._adding_lock(id))
            yield

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
            with self._adding_lock(id), self._own.growing():
                self._layer_of(id)  # it may have been pruned since
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
        return leftovers.sweep(self._own, self.has)

    def _make_room(self, id: str) -> None:
        """Put aside what lies in the place of an adapter."""
        with unreserved(self._own.card_file(id)) as free:
            if not free:
                raise Busy(f"Another process uses the adapter {id}, which is to be replaced.", hint="Wait for it.")
            leftovers.put_aside(self._own.object(id))

    def _stays(self, id: str, over: Card | None) -> bool:
        """Whether the adapter that is there stays: it is sound, and not the one whose place is taken."""
        return self.is_sound(id) and (over is None or self.card(id).files != over.files)

    def _adding_lock(self, id: str) -> AbstractContextManager[None]:
        busy = f"Another process has been adding the adapter {id} for {_ADDING_WAIT:.0f} seconds."
        return held(self._own.lock("adding", id), busy=busy, wait_seconds=_ADDING_WAIT)

    def _training_lock(self, id: str, wait_seconds: float) -> AbstractContextManager[None]:
        busy = f"Another process is training the adapter {id} in {self._own.work(id)}."
        return held(self._own.lock("training", id), busy=busy, wait_seconds=wait_seconds)


class _Snapshot(Zoo):
    """A zoo whose names and cards are read once."""

    @cached_property
    def _refs(self) -> dict[str, list[AdapterRef]]:
        found: dict[str, list[AdapterRef]] = {}
        for ref in self.references():
            found.setdefault(ref.id, []).append(ref)
        return found

    @cached_property
    def _all_references(self) -> list[AdapterRef]:
        return super().references()

    @cached_property
    def _cards(self) -> dict[str, Card]:
        return {}

    @cached_property
    def _places(self) -> dict[str, Layer]:
        return {}

    def references(self) -> list[AdapterRef]:
        return list(self._all_references)

    def refs_of(self, id: str) -> list[AdapterRef]:
        return list(self._refs.get(id, ()))

    def card(self, id: str) -> Card:
        if id not in self._cards:
            self._cards[id] = super().card(id)
        return self._cards[id]

    def _layer_of(self, id: str) -> Layer:
        if id not in self._places:
            self._places[id] = super()._layer_of(id)
        return self._places[id]


def _sums(folder: Path) -> dict[str, str]:
    """The sum of each file that was written, by its place in the folder."""
    found = {name: folder / name for name in names_below(folder)}
    strange = [name for name, path in found.items() if not path.is_file() or path.is_symlink() or name == CARD]
    if strange or not found:
        raise ValueError(f"An adapter is made of files only, without a card; found {', '.join(strange) or 'nothing'}.")
    return {name: sha256_of(path) for name, path in found.items()}
