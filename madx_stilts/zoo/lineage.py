"""What an adapter stands on and started from, drawn as a tree."""

from collections.abc import Iterator, Mapping, Sequence

from madx_stilts.card import Card


def lineage_tree(lineage: Sequence[Card], titles: Mapping[str, str]) -> str:
    """The tree, the adapter first, with what it stands on below it.

    Args:
        lineage: The adapter last.
        titles: What each is called, by id.
    """
    return "\n".join(label for _, label in lineage_lines(lineage, titles))


def lineage_lines(lineage: Sequence[Card], titles: Mapping[str, str]) -> Iterator[tuple[Card, str]]:
    """Each line of the tree with the card it is about. What was drawn once is not drawn again in full."""
    by_id = {card.id: card for card in lineage}
    drawn: set[str] = set()
    waiting = [(lineage[-1], "", "", "")]
    while waiting:
        card, lead, rest, why = waiting.pop()
        known = card.id in drawn
        drawn.add(card.id)
        yield card, f"{lead}{titles[card.id]}{why}{', see above' if known and card.parents else ''}"
        if known:
            continue
        children = _children(card)
        last = len(children) - 1
        for at, (id, reason) in reversed([*enumerate(children)]):
            branch, gap = ("└─ ", "   ") if at == last else ("├─ ", "│  ")
            waiting.append((by_id[id], rest + branch, rest + gap, reason))


def _children(card: Card) -> list[tuple[str, str]]:
    """What it stands on, the uppermost first, and what it started from, each with a word for it."""
    start = card.recipe.start
    found = [(id, " (fused)") for id in card.recipe.fused]
    found += [(id, " (below)") for id in reversed(card.recipe.below)]
    if start is not None:
        found.append((start.adapter, " (start)" if not start.head else " (start, with its head)"))
    return found
