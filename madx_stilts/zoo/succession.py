"""What happens where adapters come into a zoo that has some of their ids already. No torch.

An id says what an adapter was trained on and how, not what came of it: the same training on another machine differs by
rounding, and a card can be put beside any weights. So weights of one id are compared, and never exchanged unasked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError
from madx_stilts.zoo.agreement import weights_of
from madx_stilts.zoo.imported import imported_from
from madx_stilts.zoo.store import Zoo


@dataclass(frozen=True)
class AdapterChanges:
    """What of some adapters is to be added.

    Args:
        new: Ids that the zoo does not have, or only damaged.
        over: Cards in the zoo, by id, whose place is taken by adapters with other weights.
    """

    new: frozenset[str]
    over: Mapping[str, Card]

    def wants(self, id: str) -> bool:
        """Whether an adapter is to be added."""
        return id in self.new or id in self.over


def succession(zoo: Zoo, cards: Sequence[Card], *, source: str, replace: bool) -> AdapterChanges:
    """Compare adapters with those of the same ids in a zoo.

    Args:
        source: Where they come from.
        replace: Whether they may take the place of those whose weights differ.

    Raises:
        AdapterError: Weights differ and must stay, or an adapter that stays was trained on those that would go.
    """
    new = frozenset(card.id for card in cards if not zoo.is_sound(card.id))
    there = {card.id: zoo.card(card.id) for card in cards if card.id not in new}
    other = [card for card in cards if card.id in there and weights_of(card) != weights_of(there[card.id])]
    if other and not replace:
        raise _differ(zoo, other[0], there[other[0].id], source)
    over = {card.id: there[card.id] for card in other}
    require_no_children(zoo, over, but={card.id for card in cards if card.id in new or card.id in over})
    return AdapterChanges(new, over)


def require_no_children(zoo: Zoo, over: Mapping[str, Card], *, but: set[str]) -> None:
    """Refuse to exchange weights that another adapter was trained on.

    Args:
        over: The cards that would go, by id.
        but: Ids of adapters that come with their successors.

    Raises:
        AdapterError: One that stays was trained on, or started from, one that would go.
    """
    if not over:
        return
    for ref in zoo.references():
        lost = [parent.id for parent in zoo.card(ref.id).parents if parent.id in over]
        if lost and ref.id not in but:
            raise AdapterError(
                f"{over[lost[0]].name} stays: {ref} was made with its weights and would be wrong with others.",
                hint=f"Remove {ref} from the zoo first, or use another zoo folder with --zoo.",
            )


def _differ(zoo: Zoo, card: Card, there: Card, source: str) -> AdapterError:
    ours, theirs = weights_of(there), weights_of(card)
    differing = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    root = zoo.root_of(card.id)
    known = imported_from(root, card.id)
    origin = f"imported from {known}" if known else f"in {root}"
    return AdapterError(
        f"{card.name} is there already, {origin}, with other weights than in {source}: {', '.join(differing)} differ. "
        f"An id says how an adapter was trained; only one of the two came of it on this data, or they were trained on "
        "different machines.",
        hint="Nothing was written. Find out which one you trust. `zoo import` and `zoo pull` take the new one with "
        "--replace; or use another zoo folder with --zoo.",
    )
