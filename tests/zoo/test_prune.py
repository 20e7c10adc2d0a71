"""Pruning: what nobody needs goes, what is published or needed stays, and it is told before it is done."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from madx_stilts.card import Card
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.prune import all_cards, bytes_of, older_than, plan_pruning, prune
from madx_stilts.zoo.published import note_published
from madx_stilts.zoo.store import Zoo

NewCard = Callable[..., Card]
Add = Callable[..., AdapterRef]


@pytest.fixture
def family(zoo: Zoo, add: Add, new_card: NewCard) -> tuple[AdapterRef, AdapterRef, AdapterRef]:
    """An intermediate, a target on it, and one alone."""
    below = add(zoo, new_card())
    return below, add(zoo, new_card("xnli", below=(below,)), "target/xnli"), add(zoo, new_card("qqp"), "target/qqp")


def test_a_plan_removes_nothing(root: Path, zoo: Zoo, family: tuple[AdapterRef, ...]) -> None:
    plan = plan_pruning(root, {ref.id for ref in family})
    assert len(plan.going) == 3
    assert bytes_of(root, plan.going) > 3 * 10_000
    assert len(zoo.references()) == 3


def test_what_is_wanted_goes_and_the_zoo_is_whole(root: Path, zoo: Zoo, family: tuple[AdapterRef, ...]) -> None:
    _, target, alone = family
    assert set(prune(root, plan_pruning(root, {target.id, alone.id}))) == {target.id, alone.id}
    assert [ref.id for ref in zoo.references()] == [family[0].id]
    assert zoo.verify() == []


def test_what_another_stands_on_stays(root: Path, family: tuple[AdapterRef, ...]) -> None:
    below, _, alone = family
    plan = plan_pruning(root, {below.id, alone.id})
    assert [card.id for card in plan.going] == [alone.id]
    assert [(one.card.id, one.reason) for one in plan.kept] == [(below.id, "is needed by xnli_0")]


def test_what_is_published_stays_with_all_that_it_needs(root: Path, family: tuple[AdapterRef, ...]) -> None:
    below, target, alone = family
    note_published(root, target.id, "hub:me/xnli")
    plan = plan_pruning(root, {ref.id for ref in family})
    assert [card.id for card in plan.going] == [alone.id]
    assert {one.card.id: one.reason for one in plan.kept} == {
        target.id: "was published to hub:me/xnli",
        below.id: "is needed by xnli_0",
    }


def test_whole_lines_of_ancestors_stay(
    root: Path, family: tuple[AdapterRef, ...], zoo: Zoo, add: Add, new_card: NewCard
) -> None:
    below, target, alone = family
    top = add(zoo, new_card("copa", below=(target,)), "target/copa")
    plan = plan_pruning(root, {below.id, target.id, alone.id})
    assert [card.id for card in plan.going] == [alone.id]
    assert {one.card.id for one in plan.kept} == {below.id, target.id}
    assert top.id not in {one.card.id for one in plan.kept}


def test_children_go_before_parents(root: Path, family: tuple[AdapterRef, ...]) -> None:
    order = [card.id for card in plan_pruning(root, {ref.id for ref in family}).going]
    assert order.index(family[1].id) < order.index(family[0].id)


def test_what_was_trained_on_it_since_the_plan_keeps_it(
    root: Path, zoo: Zoo, family: tuple[AdapterRef, ...], add: Add, new_card: NewCard
) -> None:
    plan = plan_pruning(root, {ref.id for ref in family})
    add(zoo, new_card("xnli", seed=5, below=(family[0],)), "target/xnli")
    assert family[0].id not in prune(root, plan)
    assert zoo.verify() == []


def test_age_is_counted_from_the_end_of_training(root: Path, family: tuple[AdapterRef, ...]) -> None:
    made = datetime(2024, 5, 31, 9, tzinfo=UTC)
    assert older_than(root, 10, now=made.replace(month=6, day=9)) == set()
    assert older_than(root, 10, now=made.replace(month=6, day=11)) == {ref.id for ref in family}


def test_an_empty_zoo_has_nothing_to_prune(root: Path) -> None:
    assert all_cards(root) == {}
    assert plan_pruning(root, set()).going == []
