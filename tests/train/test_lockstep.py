"""Trained together, each adapter is what it would be alone: dropout on, whoever else is there."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from madx_stilts.card import Card
from madx_stilts.recipe import Part
from madx_stilts.stack import Role
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.lockstep import TrainJob, company_of, train_together
from madx_stilts.train.requests import TrainRequest, train_intermediate

SNLI_TOO = (Part(task="mnli", language="en"), Part(task="snli", language="en"))
EACH = {
    "half the layers left out": {},
    "no layer left out": {"leave_out": ()},
    "all but the last layer left out": {"leave_out": (0, 1, 2)},
    "batches in parts, averaged weights": {"accumulate": 2, "keep": "average", "snapshots": 3},
    "gradual unfreezing": {"unfreeze_every": 2, "keep": "last"},
    "a mixture": {"parts": SNLI_TOO},
}


@pytest.mark.parametrize("changes", EACH.values(), ids=EACH)
def test_trained_together_each_is_what_it_would_be_alone(changes: dict[str, Any], world: Any) -> None:
    def orders(context: Any) -> list[TrainJob]:
        make = partial(world.order, context, **changes)
        return [make(), make(["low"]), make(["high", "low"]), make(start="low"), make(["low"], start="high")]

    world.leave_out = changes.get("leave_out", world.leave_out)
    context = world.context("together")
    assert len({company_of(context, order.recipe, order.materials) for order in orders(context)}) == 1
    outcomes = train_together(context, orders(context))
    world.assert_as_alone(context, outcomes, orders)
    assert len({world.files(context, outcome)["adapter.safetensors"] for outcome in outcomes}) == len(outcomes)


def test_over_a_language_adapter_too(world: Any) -> None:
    def orders(context: Any) -> list[TrainJob]:
        return [world.order(context, ["la"]), world.order(context, ["la", "low"]), world.order(context, ["low"])]

    context = world.context("together")
    world.assert_as_alone(context, train_together(context, orders(context)), orders)


def test_the_trunk_is_computed_once_for_all_learners(world: Any) -> None:
    context = world.context("together")
    layers = context.backbone.anatomy.layer_list(context.backbone.base)
    counts = {1: 0, 3: 0}

    def count(at: int, *given: object) -> None:
        counts[at] += not torch.is_inference_mode_enabled()

    hooks = [layers[at].get_submodule("output.dense").register_forward_hook(partial(count, at)) for at in counts]
    train_together(context, [world.order(context, below) for below in ([], ["low"], ["high"])])
    for hook in hooks:
        hook.remove()
    tries = 3 * 2  # for each, the preflight's two passes: what has an effect, what gets a gradient
    assert counts == {1: tries + 7, 3: tries + 3 * 7}


def test_what_the_zoo_has_is_not_trained_and_what_is_ordered_twice_is_trained_once(world: Any) -> None:
    from dataclasses import replace

    started: list[str] = []

    class Watch(NullCallback):
        def on_train_begin(self, name: str, done: int, steps: int) -> None:
            started.append(name)

    context = world.context("together", listener=Watch)
    first = world.alone(context, world.order(context, ["low"]))
    started.clear()
    orders = [
        world.order(context, ["low"]),
        world.order(context),
        replace(world.order(context), role=Role.INTERMEDIATE),
    ]
    outcomes = train_together(context, orders)
    assert world.facts(outcomes[0]) == world.facts(first)
    assert world.facts(outcomes[1]) == world.facts(outcomes[2])
    assert [name.split("-")[0] for name in started] == ["t"]
    assert {str(ref.role) for ref in context.zoo.refs_of(context.zoo.find("target/t").id)} == {"intermediate", "target"}
    assert train_together(context, orders) == outcomes
    assert len(started) == 1


def test_a_listener_of_one_order_is_told_about_it_alone(world: Any) -> None:
    from dataclasses import replace

    class Count(NullCallback):
        def __init__(self) -> None:
            self.told: list[str] = []
            self.losses: list[float] = []

        def on_train_begin(self, name: str, done: int, steps: int) -> None:
            self.told.append(name.split("-")[0])

        def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
            self.losses.append(values["loss"])

    one, other, both = Count(), Count(), Count()
    context = world.context("together")
    context = replace(context, listeners=[lambda: both])
    orders = [replace(world.order(context, below), listener=who) for below, who in (([], one), (["low"], other))]
    train_together(context, orders)
    assert (one.told, other.told) == (["t"], ["t_low"])
    assert len(one.losses) == len(other.losses) == 7
    assert both.losses == [(a + b) / 2 for a, b in zip(one.losses, other.losses, strict=True)]


def test_who_stops_early_leaves_and_the_others_go_on_unchanged(world: Any) -> None:
    def orders(context: Any) -> list[TrainJob]:
        short = {"patience": 2, "evaluate_every": 1, "max_steps": 14, "learning_rate": 2e-2}
        return [world.order(context, below, **short) for below in ([], ["low"], ["high"], ["low", "high"])]

    context = world.context("together")
    outcomes = train_together(context, orders(context))
    cards = world.assert_as_alone(context, outcomes, orders)
    assert len({card.steps for card in cards}) > 1, "they all end at the same step, so nothing is proved"


def test_trainings_that_cannot_share_a_trunk_are_trained_one_after_another(world: Any) -> None:
    def orders(context: Any) -> list[TrainJob]:
        every = world.config(leave_out=(), max_steps=1, evaluate_every=None, keep="last", dev_limit=4)
        train_intermediate(context, "snli", TrainRequest(config=every, name="every"))
        parts = (Part(task="snli", language="en"),)
        return [
            world.order(context),
            world.order(context, parts=parts),
            world.order(context, leave_out=(0,)),
            world.order(context, ["every"]),
            world.order(context, ["low"]),
        ]

    context = world.context("together")
    world.assert_as_alone(context, train_together(context, orders(context)), orders)


def test_activations_can_be_recomputed(world: Any) -> None:
    from dataclasses import replace

    def orders(context: Any) -> list[TrainJob]:
        return [world.order(context, below) for below in ([], ["low"])]

    plain, saving = world.context("plain"), replace(world.context("saving"), recompute=True)
    one, other = train_together(plain, orders(plain)), train_together(saving, orders(saving))
    for a, b in zip(one, other, strict=True):
        assert isinstance(a, Card)
        assert isinstance(b, Card)
        weights = [
            load_file(context.zoo.folder(card.id) / "adapter.safetensors")
            for context, card in ((plain, a), (saving, b))
        ]
        for name, value in weights[0].items():
            torch.testing.assert_close(value, weights[1][name], rtol=0, atol=1e-6)
    assert not any(getattr(part, "gradient_checkpointing", False) for part in saving.backbone.base.modules())
