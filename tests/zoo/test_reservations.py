"""What is in use is not pruned, and what a child stands on stays as long as the child is being made."""

from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, Busy
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.prune import IN_USE, KeptAdapter, Pruning, plan_pruning, prune
from madx_stilts.zoo.published import note_published
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
Fill = Callable[[Path], None]
Start = Callable[..., Popen[str]]

HOLD = """
import sys
from pathlib import Path
from madx_stilts.zoo.store import Zoo

with Zoo([Path(sys.argv[1])]).holding(sys.argv[2:]):
    print("holding", flush=True)
    sys.stdin.read()
"""

PRUNE = """
import sys
from pathlib import Path
from madx_stilts.zoo.prune import plan_pruning, prune

root = Path(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    prune(root, plan_pruning(root, sys.argv[3:]))
"""

ADD_CHILDREN = """
import sys
from pathlib import Path
from madx_stilts.card import Card
from madx_stilts.errors import AdapterError
from madx_stilts.stack import Role
from madx_stilts.zoo.store import Zoo

zoo = Zoo([Path(sys.argv[1])])
print("ready", flush=True)
sys.stdin.readline()
for text in sys.argv[2:]:
    card = Card.from_json(text)
    try:
        with zoo.adding(card) as folder:
            (folder / "adapter.safetensors").write_bytes(b"weights")
        zoo.name(Role.TARGET, "child", card.id)
    except AdapterError:
        pass  # the parent, or the child, was pruned before
"""


def everything(root: Path) -> Pruning:
    """The plan to remove all that can go."""
    return plan_pruning(root, taken(root).ids)


def kept_by(root: Path, plan: Pruning) -> dict[str, str]:
    """What stays of a plan when it is done, by id, and why."""
    stays: list[KeptAdapter] = []
    prune(root, plan, tell=stays.append)
    return {one.card.id: one.reason for one in stays}


@pytest.fixture
def line(zoo: Zoo, add: Add, new_card: NewCard) -> tuple[AdapterRef, AdapterRef, AdapterRef]:
    """A grandparent, a parent and a child."""
    low = add(zoo, new_card("mnli"))
    mid = add(zoo, new_card("qqp", below=(low,)), "intermediate/qqp")
    return low, mid, add(zoo, new_card("xnli", below=(low, mid)), "target/xnli")


def test_what_is_held_stays_with_all_that_it_stands_on_and_the_rest_goes(
    root: Path, zoo: Zoo, line: tuple[AdapterRef, ...]
) -> None:
    low, mid, top = line
    plan = everything(root)
    assert {card.id for card in plan.going} == {low.id, mid.id, top.id}
    with zoo.holding([mid.id]):
        told = everything(root)
        assert kept_by(root, plan) == {mid.id: IN_USE, low.id: "is needed by qqp_0"}
    assert [card.id for card in told.going] == [top.id]
    assert {one.card.id: one.reason for one in told.kept} == {mid.id: IN_USE, low.id: "is needed by qqp_0"}
    assert {ref.id for ref in zoo.references()} == {low.id, mid.id}
    assert zoo.verify() == []


def test_another_process_holds_until_it_dies(root: Path, line: tuple[AdapterRef, ...], start: Start) -> None:
    low, mid, top = line
    holder = start(HOLD, root, top.id)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    assert set(kept_by(root, Pruning(everything(root).going, ()))) == set()
    assert len(Zoo([root]).references()) == 3
    holder.kill()
    holder.wait()
    assert [card.id for card in everything(root).going] == [top.id, mid.id, low.id]


def test_what_is_held_in_a_peers_zoo_stays_there(
    root: Path, zoo: Zoo, line: tuple[AdapterRef, ...], tmp_path: Path
) -> None:
    with Zoo([tmp_path / "mine", root]).holding([line[0].id]):
        assert [one.reason for one in everything(root).kept] == [IN_USE]
    assert everything(root).kept == []
    assert not (tmp_path / "mine").exists()


def test_what_is_not_there_cannot_be_held(zoo: Zoo, line: tuple[AdapterRef, ...]) -> None:
    with pytest.raises(AdapterError, match="has no adapter with the id 0000"), zoo.holding(["0" * 64]):
        pass


def test_a_child_is_not_added_without_its_parents(
    root: Path, zoo: Zoo, line: tuple[AdapterRef, ...], new_card: NewCard, fill: Fill
) -> None:
    orphan = new_card("copa", below=(line[1],))
    prune(root, everything(root))
    with pytest.raises(AdapterError, match="has no adapter"), zoo.adding(orphan):
        raise AssertionError("nothing may be made")
    assert zoo.verify() == []


def test_parents_stay_while_a_child_is_added(
    root: Path, zoo: Zoo, line: tuple[AdapterRef, ...], new_card: NewCard, fill: Fill
) -> None:
    low, mid, _ = line
    with zoo.adding(new_card("copa", below=(mid,))) as folder:
        fill(folder)
        assert set(prune(root, Pruning(everything(root).going, ()))) == {line[2].id}
    assert zoo.has(low.id)
    assert zoo.has(mid.id)
    assert zoo.verify() == []


def test_what_is_being_trained_or_added_is_not_pruned_before_it_has_its_name(
    root: Path, zoo: Zoo, line: tuple[AdapterRef, ...], start: Start
) -> None:
    top = line[2]
    code = HOLD.replace(".holding(sys.argv[2:])", ".METHOD")
    for method in ("work(sys.argv[2])", "adding_all(sys.argv[2:])"):
        other = start(code.replace("METHOD", method), root, top.id)
        assert other.stdout is not None
        assert other.stdout.readline() == "holding\n"
        assert kept_by(root, everything(root))[top.id] == IN_USE
        other.kill()
        other.wait()
    assert len(prune(root, everything(root))) == 3


def test_what_was_published_since_the_plan_stays(root: Path, line: tuple[AdapterRef, ...]) -> None:
    plan = everything(root)
    note_published(root, line[1].id, "hub:me/qqp")
    assert kept_by(root, plan) == {line[1].id: "was published", line[0].id: "is needed by qqp_0"}


def test_a_name_is_given_to_what_is_there_only(root: Path, zoo: Zoo, line: tuple[AdapterRef, ...]) -> None:
    prune(root, everything(root))
    with pytest.raises(AdapterError):
        zoo.name(Role.TARGET, "late", line[2].id)
    assert zoo.verify() == []


def test_what_is_used_is_not_replaced(zoo: Zoo, line: tuple[AdapterRef, ...], new_card: NewCard, fill: Fill) -> None:
    folder = zoo.folder(line[0].id)
    (folder / "adapter.safetensors").write_bytes(b"damaged")
    with zoo.holding([line[0].id]), pytest.raises(Busy, match="uses the adapter"), zoo.adding(new_card("mnli")) as made:
        fill(made)
    with zoo.adding(new_card("mnli")) as made:
        fill(made)
    assert zoo.verify() == []


def test_whatever_comes_first_pruning_beside_adding_leaves_no_child_without_its_parent(
    root: Path, zoo: Zoo, add: Add, new_card: NewCard, start: Start
) -> None:
    parent_card = new_card("mnli")
    parent = add(zoo, parent_card)
    children = [new_card("xnli", seed=seed, below=(parent,)) for seed in range(8)]
    texts = [text for child in children for text in (parent_card.to_json(), child.to_json())]
    adder = start(ADD_CHILDREN, root, *texts)
    pruner = start(PRUNE, root, 12, *(card.id for card in [parent_card, *children[::2]]))
    for process in (adder, pruner):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in (adder, pruner):
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in (adder, pruner):
        process.communicate()
        assert process.returncode == 0
    assert zoo.verify() == []


def test_a_listing_leaves_out_what_vanishes_meanwhile(
    root: Path, zoo: Zoo, line: tuple[AdapterRef, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    top, real = line[2], Zoo.references

    def slow(self: Zoo) -> list[AdapterRef]:
        found = real(self)
        prune(root, plan_pruning(root, {top.id}))
        return found

    monkeypatch.setattr(Zoo, "references", slow)
    assert {entry.ref.id for entry in zoo.entries()} == {line[0].id, line[1].id}
