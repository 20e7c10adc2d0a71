"""What a training stands on is not pruned under it, in whatever way it is trained."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.card import Card
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.lockstep import train_together
from madx_stilts.zoo.inventory import taken
from madx_stilts.zoo.prune import plan_pruning, prune


class Pruner(NullCallback):
    """Prunes all that can go when a training begins and at every step."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.idle = True
        self.gone: set[str] = set()

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self._prune()

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        self._prune()

    def _prune(self) -> None:
        if not self.idle:
            self.gone |= {*prune(self.root, plan_pruning(self.root, taken(self.root).ids))}


def alone(world: Any, context: Any, orders: Sequence[Any]) -> list[Card]:
    return [world.alone(context, order) for order in orders]


def together(world: Any, context: Any, orders: Sequence[Any]) -> list[Card]:
    outcomes = train_together(context, orders)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Card)] == []
    return [outcome for outcome in outcomes if isinstance(outcome, Card)]


@pytest.mark.parametrize("way", [alone, together])
def test_pruning_beside_a_training_takes_nothing_that_it_stands_on(way: Any, world: Any, tmp_path: Path) -> None:
    pruner = Pruner(tmp_path / "zoo")
    context = world.context("zoo", listener=lambda: pruner)
    pruner.idle = False
    names = {name: context.zoo.find(f"intermediate/{name}").id for name in ("low", "high", "wild")}
    (card,) = way(world, context, [world.order(context, ["low"], start="high")])
    assert pruner.gone == {names["wild"], *pruner.gone - {*names.values()}}
    assert {parent.id for parent in card.parents} == {names["low"], names["high"]}
    assert context.zoo.verify() == []
    assert str(context.zoo.find("target/t+low-from-high")).endswith(card.id[:8])


@pytest.mark.parametrize("way", [alone, train_together])
def test_a_training_whose_parent_is_gone_says_so_before_its_first_step(way: Any, world: Any, tmp_path: Path) -> None:
    pruner = Pruner(tmp_path / "zoo")
    context = world.context("zoo", listener=lambda: pruner)
    order = world.order(context, ["low"])
    prune(pruner.root, plan_pruning(pruner.root, taken(pruner.root).ids))
    pruner.idle = False
    if way is alone:
        with pytest.raises(Exception, match=f"has no adapter with the id {order.recipe.below[0]}"):
            alone(world, context, [order])
    else:
        (error,) = train_together(context, [order])
        assert f"has no adapter with the id {order.recipe.below[0]}" in str(error)
    assert not list((pruner.root / "work").glob("*"))
