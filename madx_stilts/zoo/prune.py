"""Removing adapters that nobody needs any more: first told, then done. No torch."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.zoo.layer import Layer, children
from madx_stilts.zoo.leftovers import discard, remove
from madx_stilts.zoo.lock import held
from madx_stilts.zoo.published import published


@dataclass(frozen=True)
class Kept:
    """An adapter that was asked to go and stays.

    Args:
        reason: Why, as a clause.
    """

    card: Card
    reason: str


@dataclass(frozen=True)
class Pruning:
    """What would be removed and what stays although it was asked to go.

    Args:
        going: Children before parents, so that nothing ever stands on what is gone.
    """

    going: Sequence[Card]
    kept: Sequence[Kept]


def plan_pruning(root: Path, wanted: Collection[str], *, within: Collection[str] = ()) -> Pruning:
    """What of a zoo's own layer can go.

    An adapter stays if it was published, or if one that stays stands on it or started from it.

    Args:
        root: The zoo's folder.
        wanted: Ids of those that are asked to go.
        within: Ids of those that stay whatever is asked.

    Raises:
        AdapterError: A card is damaged: what it needs is not known.
    """
    cards = all_cards(root)
    shown = published(root)
    reasons = {id: f"was published to {', '.join(shown[id])}" for id in cards if id in shown}
    reasons |= {id: "is protected" for id in cards if id in {*within}}
    reasons |= {id: "" for id in cards if id not in {*wanted} and id not in reasons}
    waiting = list(reasons)
    while waiting:
        child = cards[waiting.pop()]
        for parent in child.parents:
            if parent.id in cards and parent.id not in reasons:
                reasons[parent.id] = f"is needed by {child.name}"
                waiting.append(parent.id)
    going = [card for id, card in cards.items() if id not in reasons]
    kept = [Kept(cards[id], reason) for id, reason in reasons.items() if id in {*wanted} and reason]
    return Pruning(_children_first(going), kept)


def older_than(root: Path, days: float, *, now: datetime | None = None) -> set[str]:
    """Ids of the adapters of a zoo's own layer that were made longer ago."""
    before = (now or datetime.now(UTC)) - timedelta(days=days)
    return {id for id, card in all_cards(root).items() if datetime.fromisoformat(card.created) < before}


def all_cards(root: Path) -> dict[str, Card]:
    """The cards of a zoo's own layer, by id.

    Raises:
        AdapterError: One is missing or damaged.
    """
    layer = Layer(root)
    folders = [folder for shard in children(root / "objects") for folder in children(shard)]
    return {folder.name: layer.card(folder.name) for folder in folders}


def prune(root: Path, pruning: Pruning) -> list[str]:
    """Remove what a plan says, each adapter with its names, and tell which ids.

    Raises:
        StorageError: The zoo cannot be written to.
        Busy: Another process is adding one of them.
    """
    layer, done = Layer(root), []
    for card in pruning.going:
        with held(layer.lock("adding", card.id), busy=f"Another process is adding {card.name}."):
            if any(card.id in {parent.id for parent in other.parents} for other in _others(root, card.id)):
                continue  # something was trained on it since the plan was made
            for ref in layer.references():
                if ref.id == card.id:
                    remove(layer.reference(ref))
                    with suppress(OSError):
                        layer.reference(ref).parent.rmdir()
            discard(layer.object(card.id))
            done.append(card.id)
    return done


def bytes_of(root: Path, cards: Sequence[Card]) -> int:
    """How much space the files of adapters take."""
    layer = Layer(root)
    return sum(path.stat().st_size for card in cards for path in layer.object(card.id).rglob("*") if path.is_file())


def _others(root: Path, id: str) -> list[Card]:
    return [card for other, card in all_cards(root).items() if other != id]


def _children_first(cards: Sequence[Card]) -> list[Card]:
    by_id = {card.id: card for card in cards}
    ordered: list[Card] = []

    def visit(card: Card) -> None:
        if card not in ordered:
            for parent in card.parents:
                if parent.id in by_id:
                    visit(by_id[parent.id])
            ordered.append(card)

    for card in cards:
        visit(card)
    return ordered[::-1]
