"""A zoo is looked through in one go: however many adapters it has, each card and each folder of names is read once."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.card import Card
from madx_stilts.cli.zoos import sound_entries
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo import layer
from madx_stilts.zoo.exchange import copy_lineage
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.lineage import lineage_tree
from madx_stilts.zoo.prune import older_than, plan_pruning, prune
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
COUNTS = (10, 40)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often cards were read and folders were listed."""
    counted: Counter[str] = Counter()
    card, listed = Card.from_json, layer._listed

    def read_card(text: str | bytes, *, source: str = "The card") -> Card:
        counted["cards"] += 1
        return card(text, source=source)

    def list_folder(folder: Path) -> list[str]:
        counted["folders"] += 1
        return listed(folder)

    monkeypatch.setattr(Card, "from_json", read_card)
    monkeypatch.setattr(layer, "_listed", list_folder)
    return counted


def filled(root: Path, count: int, new_card: NewCard, add: Add) -> Zoo:
    """A zoo of so many targets, each with a name of its own, on one intermediate."""
    zoo = Zoo([root])
    below = add(zoo, new_card())
    for seed in range(count - 1):
        add(zoo, new_card("xnli", seed=seed, below=(below,)), f"target/xnli-{seed}")
    return zoo


def list_all(zoo: Zoo, root: Path) -> None:
    snapshot = zoo.snapshot()
    entries, faults = sound_entries(snapshot)
    assert faults == []
    assert entries


def titles(zoo: Zoo, root: Path) -> None:
    snapshot = zoo.snapshot()
    assert all(snapshot.refs_of(ref.id) for ref in snapshot.references())


def prune_all(zoo: Zoo, root: Path) -> None:
    stock = taken(root)
    plan = plan_pruning(root, older_than(root, 0, stock=stock), stock=stock)
    assert len(prune(root, plan)) == len(stock.cards)
    assert zoo.references() == []


def find_one(zoo: Zoo, root: Path) -> None:
    zoo.find("target/xnli-3")


@pytest.mark.parametrize("look", [list_all, titles, prune_all])
def test_looking_through_a_zoo_reads_each_card_once(
    tmp_path: Path, new_card: NewCard, add: Add, reads: Counter[str], look: Callable[[Zoo, Path], None]
) -> None:
    for count in COUNTS:
        zoo = filled(tmp_path / str(count), count, new_card, add)
        reads.clear()
        look(zoo, tmp_path / str(count))
        assert reads["cards"] <= count
        # The folders of names and their roles, those of adapters by their first digits, and that of published ones.
        assert reads["folders"] <= 4 * count + 20


def test_finding_one_adapter_reads_its_card_alone(
    tmp_path: Path, new_card: NewCard, add: Add, reads: Counter[str]
) -> None:
    zoo = filled(tmp_path, 12, new_card, add)
    reads.clear()
    find_one(zoo, tmp_path)
    assert reads["cards"] == 1


def test_copying_all_adapters_reads_their_names_once(
    tmp_path: Path, new_card: NewCard, add: Add, reads: Counter[str]
) -> None:
    for count in COUNTS:
        zoo = filled(tmp_path / str(count), count, new_card, add).snapshot()
        refs, other = zoo.references(), Zoo([tmp_path / f"to-{count}"])
        reads.clear()
        for ref in refs:
            copy_lineage(zoo, ref, other)
        assert reads["cards"] <= 8 * count
        assert reads["folders"] <= 2 * count


def test_a_line_of_ancestors_of_any_length_is_walked(tmp_path: Path, new_card: NewCard, add: Add) -> None:
    cards = [new_card()]
    for seed in range(1500):
        cards.append(new_card("xnli", seed=seed, below=(AdapterRef(0, "x", cards[-1].id),)))  # type: ignore[arg-type]
    by_id = {card.id: card for card in cards}

    class Line(Zoo):
        def card(self, id: str) -> Card:
            return by_id[id]

    found = Line([tmp_path]).lineage(cards[-1].id)
    assert found == cards
    assert lineage_tree(found, {card.id: card.name for card in found}).count("\n") == 1500
