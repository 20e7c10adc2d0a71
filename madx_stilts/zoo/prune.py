"""Removing adapters that nobody needs any more: first told, then done. No torch."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.errors import UsageError
from madx_stilts.files import told_as_storage
from madx_stilts.locks import free, unreserved
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.below import bytes_below
from madx_stilts.zoo.fault import ZooFault
from madx_stilts.zoo.inventory import LayerContents, date_of, taken
from madx_stilts.zoo.layer import Layer
from madx_stilts.zoo.leftovers import discard, remove
from madx_stilts.zoo.published import published, published_faults

IN_USE = "is in use by another process"


@dataclass(frozen=True)
class KeptAdapter:
    """An adapter that was asked to go and stays.

    Args:
        reason: Why, as a clause.
    """

    card: Card
    reason: str


@dataclass(frozen=True)
class Pruning:
    """Plan of a pruning: what would be removed and what stays although it was asked to go.

    Args:
        going: Children before parents, so that nothing ever stands on what is gone.
        seen: Ids of all that was there when the plan was made.
        skipped: What cannot be used, and stays as it is.
    """

    going: Sequence[Card]
    kept: Sequence[KeptAdapter]
    seen: Collection[str] = ()
    skipped: Sequence[ZooFault] = ()


def plan_pruning(
    root: Path, wanted: Collection[str], *, within: Collection[str] = (), stock: LayerContents | None = None
) -> Pruning:
    """What of a zoo's own layer can go.

    An adapter stays if it was published, if a process uses it, or if one that stays stands on it or started from it.
    What is damaged stays, and with it all whose ids it names.

    Args:
        root: The zoo's folder.
        wanted: Ids of those that are asked to go.
        within: Ids of those that stay whatever is asked.
        stock: What lies there; None: it is read.

    Raises:
        StorageError: The folder cannot be read.
    """
    stock, wanted, within = stock or taken(root), {*wanted}, {*within}
    shown = published(root)
    reasons = {id: "is named by a damaged card" for needed in stock.needs.values() for id in needed}
    reasons |= {id: IN_USE for id in wanted & stock.cards.keys() if _is_used(Layer(root), id)}
    reasons |= {id: f"was published to {', '.join(places)}" for id, places in shown.items()}
    reasons |= dict.fromkeys(within, "is protected")
    reasons |= {id: "" for id in stock.cards if id not in wanted and id not in reasons}
    waiting = [id for id in reasons if id in stock.cards]
    while waiting:
        child = stock.cards[waiting.pop()]
        for parent in child.parents:
            if parent.id in stock.cards and parent.id not in reasons:
                reasons[parent.id] = f"is needed by {child.name}"
                waiting.append(parent.id)
    going = {id: card for id, card in stock.cards.items() if id not in reasons}
    kept = [KeptAdapter(card, reasons[id]) for id, card in stock.cards.items() if id in wanted and reasons.get(id)]
    return Pruning(_children_first(going), kept, stock.ids, (*stock.faults, *published_faults(root)))


def older_than(root: Path, days: float, *, now: datetime | None = None, stock: LayerContents | None = None) -> set[str]:
    """Ids of the adapters of a zoo's own layer that were made longer ago.

    Args:
        stock: What lies there; None: it is read.

    Raises:
        UsageError: The number of days is none.
    """
    if math.isnan(days):
        raise UsageError("The number of days is not a number.", hint="Give one, such as 30.")
    try:
        before = (now or datetime.now(UTC)) - timedelta(days=days)
    except OverflowError:  # before the year 1
        return set()
    made = {id: date_of(card) for id, card in (stock or taken(root)).cards.items()}
    return {id for id, date in made.items() if date is not None and date < before}


def all_cards(root: Path) -> Mapping[str, Card]:
    """The cards of a zoo's own layer, by id; those that cannot be used are left out."""
    return taken(root).cards


def prune(root: Path, pruning: Pruning, *, tell: Callable[[KeptAdapter], None] = lambda kept: None) -> list[str]:
    """Remove what a plan says, each adapter with its names.

    What a process uses, or has been built on since the plan was made, stays, with all that it stands on.

    Args:
        tell: Told what stays of what the plan says.

    Returns:
        The ids of what is gone.

    Raises:
        StorageError: The zoo cannot be written to.
        Busy: Another process has been adding or pruning for long.
    """
    layer, done = Layer(root), []
    with layer.shrinking():
        new = taken(root, apart_from={*pruning.seen, *(card.id for card in pruning.going)})
        needed = {id: "a damaged card" for ids in new.needs.values() for id in ids}
        needed |= {parent.id: card.name for card in new.cards.values() for parent in card.parents}
        needed |= {id: "" for id in published(root)}
        names = _names(layer)
        for card in pruning.going:
            if card.id in needed:
                reason = f"is needed by {needed[card.id]}" if needed[card.id] else "was published"
            else:
                reason = _remove(layer, card.id, names.get(card.id, ()))
            if reason:
                tell(KeptAdapter(card, reason))
                needed |= {parent.id: card.name for parent in card.parents}
            else:
                done.append(card.id)
    return done


def bytes_of(root: Path, cards: Sequence[Card]) -> int:
    """How much space the files of adapters take."""
    layer = Layer(root)
    return sum(bytes_below(layer.object(card.id)) for card in cards)


def _names(layer: Layer) -> dict[str, list[AdapterRef]]:
    """All references by the adapter they mean. A name without any, which a crash has left, is removed."""
    found: dict[str, list[AdapterRef]] = {}
    for role in Role:
        for name in layer.names(role):
            versions = layer.versions(role, name)
            for ref in versions:
                found.setdefault(ref.id, []).append(ref)
            if not versions:
                with suppress(OSError):
                    (layer.root / "refs" / str(role) / name).rmdir()
    return found


def _remove(layer: Layer, id: str, refs: Sequence[AdapterRef]) -> str:
    """Remove one adapter, or tell why it stays: another process uses it, adds it, or trains it and has not named it."""
    card, training = layer.card_file(id), layer.lock("training", id)
    with told_as_storage(card), ExitStack() as locks:
        makers = [layer.lock("adding", id), *([training] if training.exists() else [])]
        if not all(locks.enter_context(free(lock)) for lock in makers) or not locks.enter_context(unreserved(card)):
            return IN_USE
        for ref in refs:
            path = layer.reference(ref)
            remove(path)
            with suppress(OSError):  # it has other versions
                path.parent.rmdir()
        discard(card.parent)
        remove(layer.root / "imported" / f"{id}.json")  # where it came from is of no interest any more
    return ""


def _is_used(layer: Layer, id: str) -> bool:
    with told_as_storage(layer.card_file(id)), unreserved(layer.card_file(id)) as free:
        return not free


def _children_first(cards: Mapping[str, Card]) -> list[Card]:
    """Every card before those of its parents; where they run in a circle, in some order."""
    ordered: dict[str, Card] = {}
    seen: set[str] = set()
    waiting = [(id, False) for id in reversed([*cards])]
    while waiting:
        id, parents_done = waiting.pop()
        if parents_done:
            ordered[id] = cards[id]
        elif id not in seen:
            seen.add(id)
            waiting.append((id, True))
            waiting += [(parent.id, False) for parent in reversed(cards[id].parents) if parent.id in cards]
    return list(ordered.values())[::-1]
