"""Reading a zoo: several folders of adapters as one. Nothing is written; what vanishes meanwhile is a plain error."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, NewerAdapter
from madx_stilts.locks import reserved
from madx_stilts.stack import AdapterRef, WrittenRef
from madx_stilts.zoo.choose import ZooEntry, choose, fits, missing, without_version
from madx_stilts.zoo.layer import Layer, told_as_unreadable
from madx_stilts.zoo.verify import content_faults


class Reader:
    """Adapters by id and by readable name, to be looked at.

    Args:
        layers: Folders, at least one. Where two hold the same id, the earlier counts.
    """

    def __init__(self, layers: Sequence[Path]) -> None:
        if not layers:
            raise ValueError("A zoo needs at least one folder.")
        self._layers = tuple(map(Layer, layers))

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
        folder = self._layer_of(id).object(id)
        for fault in content_faults(folder, self.card(id)):
            hint = f"Run `madx-stilts zoo verify` to see all that is damaged. Remove {folder} to train it again."
            raise AdapterError(str(fault), hint=hint)
        return folder

    def entries(self) -> list[ZooEntry]:
        """All references with the cards of their adapters, sorted by role, name and id.

        What another process removes meanwhile is left out.

        Raises:
            AdapterError: A card is missing or damaged.
        """
        return self._entries(self.references())

    def references(self) -> list[AdapterRef]:
        """All references, sorted by role, name and id, whatever state their adapters are in."""
        refs = {(ref.role, ref.name, ref.id): ref for layer in self._layers for ref in layer.references()}
        return [refs[key] for key in sorted(refs)]

    def refs_of(self, id: str) -> list[AdapterRef]:
        """All references to one adapter. All names are read: for many adapters, ask a `snapshot`."""
        return [ref for ref in self.references() if ref.id == id]

    def still_names(self, ref: AdapterRef) -> bool:
        """Whether a reference that was listed is still there."""
        return any(layer.reference(ref).exists() for layer in self._layers)

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
        cards: dict[str, Card] = {}
        waiting = [(id, False)]
        while waiting:
            one, parents_done = waiting.pop()
            if parents_done:
                found.append(cards[one])
            elif one not in cards:
                cards[one] = self.card(one)
                waiting.append((one, True))
                waiting += [(parent.id, False) for parent in reversed(cards[one].parents)]
        return found

    def find(self, wanted: str | WrittenRef, *, backbone: str | None = None) -> AdapterRef:
        """The adapter that a readable name means.

        Args:
            wanted: `role/name` or `role/name@version`.
            backbone: Fingerprint of the backbone it must fit; adapters of others are left out. None: any.

        Raises:
            UsageError: The text is no reference.
            AdapterError: It means no adapter, or several of one layer; the message tells what differs in their recipes.
        """
        if isinstance(wanted, str):
            wanted = WrittenRef.parse(wanted)
        versions: set[str] = set()
        named: dict[AdapterRef, ZooEntry] = {}
        for layer in self._layers:
            refs = layer.versions(wanted.role, wanted.name)
            versions |= {ref.id for ref in refs}
            here = self._entries([ref for ref in refs if ref.id.startswith(wanted.version)])
            # What the user made is meant before what stands below it, if it can be meant at all.
            fitting = [entry for entry in here if fits(wanted, entry, backbone=backbone)]
            if fitting:
                return choose(wanted, fitting, backbone=backbone)
            named |= {entry.ref: entry for entry in here}
        if not named:
            raise without_version(wanted, versions) if versions else missing(wanted, self.references())
        return choose(wanted, sorted(named.values(), key=lambda entry: entry.ref.id), backbone=backbone)

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

    @contextmanager
    def holding(self, ids: Iterable[str]) -> Iterator[None]:
        """Inside the block these adapters, and so all that they stand on, are not pruned, in whatever layer they are.

        A crash of this process lets go of them.

        Raises:
            AdapterError: One of them is missing.
        """
        with ExitStack() as held_files:
            for id in dict.fromkeys(ids):
                held_files.callback(os.close, self._reserved(id))
            yield

    def _reserved(self, id: str) -> int:
        while True:
            card = Reader._layer_of(self, id).card_file(id)  # where it is now, also in a snapshot
            with told_as_unreadable(card):
                descriptor = reserved(card)
            if descriptor is not None:  # else it was removed a moment ago
                return descriptor

    def _layer_of(self, id: str) -> Layer:
        for layer in self._layers:
            if layer.holds(id):
                return layer
        folders = ", ".join(str(layer.root) for layer in self._layers)
        raise AdapterError(f"The zoo has no adapter with the id {id}.", hint=f"Looked in {folders}.")

    def _entries(self, refs: Iterable[AdapterRef]) -> list[ZooEntry]:
        """Each reference with its card, read once; those that vanish meanwhile are left out."""
        cards: dict[str, Card] = {}
        found = []
        for ref in refs:
            try:
                card = cards[ref.id] = cards.get(ref.id) or self.card(ref.id)
            except AdapterError:
                if self.still_names(ref):
                    raise
            else:
                found.append(ZooEntry(ref, card))
        return found
