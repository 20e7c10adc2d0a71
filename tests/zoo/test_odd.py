"""One odd file harms nothing but itself: verify finds it, and everything else goes on around it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.card import Card
from madx_stilts.cli.zoos import sound_entries
from madx_stilts.errors import AdapterError
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.exchange import copy_lineage
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.prune import older_than, plan_pruning, prune
from madx_stilts.zoo.published import note_published, published
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]
Odd = Callable[[Path, AdapterRef], Path]
"""Given the root and an adapter that may be harmed: does something odd and says where."""


def edited(root: Path, ref: AdapterRef, **changes: object) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def an_impossible_date(root: Path, ref: AdapterRef) -> Path:
    return edited(root, ref, created="2024-99-99T09:00:00Z")


def its_own_parent(root: Path, ref: AdapterRef) -> Path:
    return edited(root, ref, parents=[{"reference": "target/odd", "id": ref.id}])


def a_parent_too_many(root: Path, ref: AdapterRef) -> Path:
    other = Zoo([root]).find("intermediate/mnli")
    return edited(root, ref, parents=[{"reference": "intermediate/mnli", "id": other.id}])


def a_cut_card(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "card.json"
    path.write_bytes(path.read_bytes()[:200])
    return path


def a_card_that_is_a_folder(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "card.json"
    path.unlink()
    path.mkdir()
    return path


def a_card_that_is_a_pipe(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "card.json"
    path.unlink()
    os.mkfifo(path)
    return path


def a_deep_card(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "card.json"
    path.write_text("[" * 50_000)
    return path


def a_card_of_many_megabytes(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "card.json"
    path.write_bytes(b" " * 5_000_000)
    return path


def weights_that_are_a_pipe(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / ref.id[:2] / ref.id / "adapter.safetensors"
    path.unlink()
    os.mkfifo(path)
    return path


def an_adapter_that_is_a_file(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / "00" / ("0" * 64)
    path.parent.mkdir()
    path.touch()
    return path


def digits_that_are_a_file(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / "notes"
    path.touch()
    return path


def a_folder_with_an_odd_name(root: Path, ref: AdapterRef) -> Path:
    path = root / "objects" / "00" / "copy of \x1b[31m\udcff"
    path.mkdir(parents=True)
    return path


def a_name_that_nothing_can_mean(root: Path, ref: AdapterRef) -> Path:
    path = root / "refs" / "target" / "my best one"
    path.mkdir()
    return path


def a_name_that_is_a_file(root: Path, ref: AdapterRef) -> Path:
    path = root / "refs" / "target" / "README"
    path.touch()
    return path


def a_reference_that_is_a_folder(root: Path, ref: AdapterRef) -> Path:
    path = root / "refs" / "target" / "odd" / f"{ref.id}.json"
    path.unlink()
    path.mkdir()
    return path


def a_reference_that_is_a_pipe(root: Path, ref: AdapterRef) -> Path:
    path = root / "refs" / "target" / "odd" / f"{ref.id}.json"
    path.unlink()
    os.mkfifo(path)
    return path


def a_cut_note_of_what_was_published(root: Path, ref: AdapterRef) -> Path:
    note_published(root, ref.id, "hub:me/odd")
    (path,) = (root / "published" / ref.id).iterdir()
    path.write_bytes(path.read_bytes()[:9])
    return path


def a_file_among_what_was_published(root: Path, ref: AdapterRef) -> Path:
    path = root / "published" / ref.id
    path.parent.mkdir()
    path.touch()
    return path


def an_odd_name_among_what_was_published(root: Path, ref: AdapterRef) -> Path:
    path = root / "published" / "elsewhere"
    path.mkdir(parents=True)
    return path


def work_that_is_a_file(root: Path, ref: AdapterRef) -> Path:
    path = root / "work" / ("0" * 64)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    return path


def a_lock_that_is_a_folder(root: Path, ref: AdapterRef) -> Path:
    path = root / "locks" / "odd.lock"
    path.mkdir()
    return path


ODD: tuple[Odd, ...] = (
    *(an_impossible_date, its_own_parent, a_parent_too_many, a_cut_card, a_card_that_is_a_folder),
    *(a_card_that_is_a_pipe, a_deep_card, a_card_of_many_megabytes, weights_that_are_a_pipe),
    *(an_adapter_that_is_a_file, digits_that_are_a_file, a_folder_with_an_odd_name),
    *(a_name_that_nothing_can_mean, a_name_that_is_a_file, a_reference_that_is_a_folder, a_reference_that_is_a_pipe),
    *(a_cut_note_of_what_was_published, a_file_among_what_was_published, an_odd_name_among_what_was_published),
    *(work_that_is_a_file, a_lock_that_is_a_folder),
)
all_of_them = pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.__name__)


@pytest.fixture
def odd_one(zoo: Zoo, add: Add, new_card: NewCard) -> AdapterRef:
    """The adapter that is harmed, beside an intermediate and a target on it."""
    below = add(zoo, new_card())
    add(zoo, new_card("xnli", below=(below,)), "target/xnli")
    return add(zoo, new_card("qqp", seed=9), "target/odd")


@all_of_them
def test_verify_finds_it_and_says_where(zoo: Zoo, root: Path, odd_one: AdapterRef, odd: Odd) -> None:
    path = odd(root, odd_one)
    faults = zoo.verify()
    assert path in [fault.path for fault in faults]
    assert {fault.path for fault in faults} <= {path, path.parent, root / f"refs/target/odd/{odd_one.id}.json"}
    assert all(str(fault).isprintable() for fault in faults)


@all_of_them
def test_the_others_are_listed_found_and_copied(
    zoo: Zoo, root: Path, odd_one: AdapterRef, odd: Odd, tmp_path: Path
) -> None:
    odd(root, odd_one)
    entries, faults = sound_entries(zoo)
    listed = {str(entry.ref).partition("@")[0] for entry in entries}
    assert listed >= {"intermediate/mnli", "target/xnli"}
    assert len(faults) == ("target/odd" not in listed)
    assert len(copy_lineage(zoo.snapshot(), zoo.find("target/xnli"), Zoo([tmp_path / "other"]))) == 2
    assert len(zoo.lineage(zoo.find("target/xnli").id)) == 2


@all_of_them
def test_the_others_are_pruned(zoo: Zoo, root: Path, odd_one: AdapterRef, odd: Odd) -> None:
    others = {ref.id for ref in zoo.references()} - {odd_one.id}
    path, stock = odd(root, odd_one), taken(root)
    plan = plan_pruning(root, older_than(root, 0, stock=stock), stock=stock)
    unusable = {fault.path for fault in stock.faults}
    assert unusable <= {path}
    assert unusable <= {fault.path for fault in plan.skipped}
    gone = {*prune(root, plan)}
    # What a card that cannot be trusted names is kept for it.
    named = stock.needs.get(odd_one.id, frozenset())
    assert gone >= others - named
    assert not gone & named
    assert all(fault.path in {path, path.parent} or "odd" in str(fault.path) for fault in zoo.verify())


def test_a_circle_of_parents_is_found_and_ends_no_command(
    zoo: Zoo, root: Path, add: Add, new_card: NewCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    low = add(zoo, new_card())
    mid = add(zoo, new_card("qqp", below=(low,)), "target/qqp")
    top = add(zoo, new_card("copa", below=(mid,)), "target/copa")
    real = zoo._own.card(low.id)
    circle = real.model_copy(update={"parents": (new_card("x", below=(mid,)).parents[0],)})

    def card(text: str | bytes, *, source: str = "The card", real: Callable[..., Card] = Card.from_json) -> Card:
        found = real(text, source=source)
        return circle if found.id == low.id else found

    monkeypatch.setattr(Card, "from_json", card)
    circled = [fault.path.parent.name for fault in zoo.verify() if "circle" in fault.problem]
    assert circled == sorted([low.id, mid.id])
    assert {card.id for card in zoo.lineage(top.id)} == {low.id, mid.id, top.id}
    assert {*prune(root, plan_pruning(root, {low.id, mid.id, top.id}))} == {low.id, mid.id, top.id}


def test_a_damaged_note_still_keeps_what_was_published(root: Path, odd_one: AdapterRef) -> None:
    a_cut_note_of_what_was_published(root, odd_one)
    assert [*published(root)] == [odd_one.id]
    plan = plan_pruning(root, {odd_one.id})
    assert plan.going == []
    assert [one.reason for one in plan.kept] == ["was published to a place that its damaged note does not name"]


def test_a_damaged_card_keeps_what_it_names(zoo: Zoo, root: Path, add: Add, new_card: NewCard) -> None:
    below = add(zoo, new_card())
    child = add(zoo, new_card("xnli", below=(below,)), "target/xnli")
    card = zoo.folder(child.id) / "card.json"
    card.write_text(card.read_text() + "}")
    plan = plan_pruning(root, {below.id, child.id})
    assert plan.going == []
    assert [one.reason for one in plan.kept] == ["is named by a damaged card"]
    assert [fault.path for fault in plan.skipped] == [card]


def test_a_damaged_version_does_not_hide_the_others(zoo: Zoo, root: Path, add: Add, new_card: NewCard) -> None:
    good, bad = (add(zoo, new_card("xnli", seed=seed), "target/xnli") for seed in (1, 2))
    a_cut_card(root, bad)
    assert zoo.find(str(good)) == good
    with pytest.raises(AdapterError, match="is damaged"):
        zoo.find("target/xnli")


def test_an_age_beyond_all_time_is_nobodys(root: Path, odd_one: AdapterRef) -> None:
    assert older_than(root, 1e300) == older_than(root, float("inf")) == set()
