"""All cards of a zoo's own layer, each read once, and what cannot be used there. No torch."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, NotAvailable, StorageError
from madx_stilts.files import read_bounded
from madx_stilts.zoo.fault import ZooFault
from madx_stilts.zoo.layer import ID, Layer

_MOST = 4_000_000
"""Bytes of a damaged card that are searched for ids."""


@dataclass(frozen=True)
class LayerContents:
    """Contents of a layer of the zoo.

    Args:
        cards: By id, those that can be used.
        faults: What is wrong with the others.
        needs: The ids that each of these names, by its own id: what it stands on, as far as that can be known.
    """

    cards: Mapping[str, Card] = field(default_factory=dict)
    faults: Sequence[ZooFault] = ()
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        """Of all that is there, usable or not."""
        return frozenset((*self.cards, *self.needs))


def taken(root: Path, *, apart_from: Collection[str] = ()) -> LayerContents:
    """Read the cards of a zoo's own layer. One that vanishes meanwhile is left out.

    Args:
        root: The zoo's folder.
        apart_from: Ids of those that need not be read.

    Raises:
        StorageError: The layer itself cannot be read.
    """
    layer, cards, faults = Layer(root), {}, []
    needs: dict[str, frozenset[str]] = {}
    for id in layer.ids():
        if id in apart_from:
            continue
        try:
            card = layer.card(id)
            if date_of(card) is None:
                raise AdapterError(f"It has the date {card.created}, which does not exist.")
        except (AdapterError, StorageError) as error:
            if layer.object(id).exists():
                faults.append(_fault(layer, id, error))
                needs[id] = _named_in(layer.card_file(id)) - {id}
        else:
            cards[id] = card
    return LayerContents(cards, faults, needs)


def date_of(card: Card) -> datetime | None:
    """When an adapter was made; None if its card has no possible date."""
    try:
        return datetime.fromisoformat(card.created)
    except ValueError:
        return None


def _fault(layer: Layer, id: str, error: NotAvailable) -> ZooFault:
    if not layer.object(id).is_dir():
        return ZooFault(layer.object(id), "is no folder.")
    return ZooFault(layer.card_file(id), f"cannot be used: {error.message}")


def _named_in(path: Path) -> frozenset[str]:
    """All that looks like an id in a card that cannot be used."""
    with suppress(OSError):
        return frozenset(ID.findall(read_bounded(path, limit=_MOST).decode(errors="replace")))
    return frozenset()
