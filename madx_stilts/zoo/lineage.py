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

    def draw(card: Card, lead: str, rest: str, why: str) -> Iterator[tuple[Card, str]]:
        known = card.id in drawn
        drawn.add(card.id)
        yield card, f"{lead}{titles[card.id]}{why}{', see above' if known and card.parents else ''}"
        if known:
            return
        children = _children(card)
        for at, (id, reason) in enumerate(children, start=1):
            last = at == len(children)
            yield from draw(by_id[id], rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), reason)

    yield from draw(lineage[-1], "", "", "")


def _children(card: Card) -> list[tuple[str, str]]:
    """What it stands on, the uppermost first, and what it started from, each with a word for it."""
    start = card.recipe.start
    found = [(id, " (fused)") for id in card.recipe.fused]
    found += [(id, " (below)") for id in reversed(card.recipe.below)]
    if start is not None:
        found.append((start.adapter, " (start)" if not start.head else " (start, with its head)"))
    return found
