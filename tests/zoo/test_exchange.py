"""Folders and other zoos: adapters go there and come back equal, whoever else reads and writes meanwhile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.exchange import copy_lineage
from madx_stilts.zoo.folder import places_of, refuse_unsafe
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]

COPY = """
import sys
from pathlib import Path
from madx_stilts.zoo.exchange import copy_lineage
from madx_stilts.zoo.store import Zoo

zoo, shared = Zoo([Path(sys.argv[1])]), Zoo([Path(sys.argv[2])])
sys.stdin.readline()
for ref in zoo.references():
    copy_lineage(zoo, ref, shared)
"""
READ = """
import sys
from pathlib import Path
from madx_stilts.zoo.store import Zoo

shared, seen = Zoo([Path(sys.argv[1])]), set()
sys.stdin.readline()
while len(seen) < int(sys.argv[2]):
    for ref in shared.references():
        shared.folder(ref.id)
        for card in shared.lineage(ref.id):
            shared.folder(card.id)
        seen.add(ref.id)
print(len(seen))
"""


def test_a_copy_in_another_zoo_has_the_lineage_and_all_names(
    zoo: Zoo, add: Add, new_card: NewCard, tmp_path: Path
) -> None:
    below = add(zoo, new_card())
    ref = add(zoo, new_card("xnli", below=(below,)), "target/xnli")
    shared = Zoo([tmp_path / "shared"])
    assert copy_lineage(zoo, ref, shared) == [below.id, ref.id]
    assert copy_lineage(zoo, ref, shared) == []
    assert shared.verify() == []
    assert shared.references() == zoo.references()
    for id in (below.id, ref.id):
        assert shared.card(id) == zoo.card(id)


def test_a_damaged_adapter_is_not_copied(zoo: Zoo, add: Add, new_card: NewCard, tmp_path: Path) -> None:
    ref = add(zoo, new_card())
    (zoo.folder(ref.id) / "adapter.safetensors").write_bytes(b"x")
    with pytest.raises(AdapterError):
        copy_lineage(zoo, ref, Zoo([tmp_path / "shared"]))
    assert not (tmp_path / "shared").exists()


def test_a_group_writes_and_reads_one_zoo_at_once(
    root: Path, zoo: Zoo, add: Add, new_card: NewCard, start: Callable[..., Any], tmp_path: Path
) -> None:
    for seed in range(8):
        below = add(zoo, new_card(seed=seed))
        add(zoo, new_card("xnli", seed=seed, below=(below,)), "target/xnli")
    shared = tmp_path / "shared"
    processes = [start(COPY, root, shared), start(COPY, root, shared), start(READ, shared, 16)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert Zoo([shared]).verify() == []
    assert Zoo([shared]).references() == zoo.references()


@pytest.mark.parametrize(
    "name", ["/a", "../a", "a/../b", "a/./b", "..", ".", "", "a//b", "a\\b", "a\x00b", "a\nb", "C:a", "~a/"]
)
def test_names_that_could_lead_outside_are_refused(name: str) -> None:
    with pytest.raises(AdapterError, match="does not stay inside"):
        refuse_unsafe(["card.json", name], source="there")


def test_usual_names_are_fine() -> None:
    refuse_unsafe(["card.json", ".gitattributes", "heads/mnli/a.safetensors", "a-b_c.1+2/x"], source="there")


def test_adapters_are_looked_for_only_where_they_may_be() -> None:
    names = [
        "card.json",
        "a/card.json",
        "lineage/b/card.json",
        "x/y/card.json",
        "lineage/b/c/card.json",
        "d/cards.json",
    ]
    assert places_of(names) == ["", "a", "lineage/b"]
