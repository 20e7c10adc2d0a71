"""Whatever happens to one of them, or to their process, adapters trained together are what they would be alone."""

import threading
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import torch

from madx_stilts.card import Card
from madx_stilts.errors import Busy, Interrupted, JobFailed, UsageError
from madx_stilts.recipe import Part
from madx_stilts.train import memory as room
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.lockstep import TrainJob, train_together


class Killed(BaseException):
    """Stands for a SIGKILL: nothing in the package may catch it."""


class KilledAt(NullCallback):
    """Ends the process, as far as the training can see, after so many steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done == self.step:
            raise Killed


def test_who_fails_leaves_and_the_others_go_on_unchanged(world: Any) -> None:
    def orders(context: Any) -> list[TrainJob]:
        return [world.order(context, below) for below in (["low"], ["wild"], ["high"])]

    def well(context: Any) -> list[TrainJob]:
        return [order for order in orders(context) if "wild" not in order.name]

    context = world.context("together")
    one, wild, other = train_together(context, orders(context))
    assert isinstance(wild, JobFailed)
    assert "t_wild" in wild.message
    world.assert_as_alone(context, [one, other], well)


def test_killed_in_one_company_and_resumed_in_another_each_is_what_it_would_be_alone(world: Any) -> None:
    stacks: tuple[list[str], ...] = ([], ["low"], ["high"], ["low", "high"])

    def orders(context: Any) -> list[TrainJob]:
        return [world.order(context, below, max_steps=11) for below in stacks]

    calm = world.context("together")
    for members, step in (((0, 1), 5), ((1, 2), 8), ((0, 1, 2, 3), 4), ((3, 0), 10)):
        context = world.make_context("together", listener=partial(KilledAt, step))
        with pytest.raises(Killed):
            train_together(context, [orders(context)[at] for at in members])
    world.assert_as_alone(calm, train_together(calm, orders(calm)), orders)
    assert list(calm.zoo._own.root.rglob("checkpoint.safetensors")) == []


def test_who_was_interrupted_earlier_catches_up_and_then_all_go_together(world: Any) -> None:
    steps: list[int] = []

    class Watch(NullCallback):
        def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
            steps.append(done)

    context = world.context("together")
    for below, step in (([], 7), (["low"], 4)):
        killed = world.make_context("together", listener=partial(KilledAt, step))
        with pytest.raises(Killed):
            train_together(killed, [world.order(killed, below)])
    context = world.make_context("together", listener=Watch)
    train_together(context, [world.order(context, below) for below in ([], ["low"])])
    assert steps == [4, 5, 6, 7]  # they stood at 6 and at 3, where checkpoints are written


def test_a_polite_stop_keeps_a_checkpoint_of_each(world: Any) -> None:
    import os
    import signal

    class Stop(NullCallback):
        def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
            if done == 5:
                os.kill(os.getpid(), signal.SIGTERM)

    def orders(context: Any) -> list[TrainJob]:
        return [world.order(context, below) for below in ([], ["low"])]

    calm = world.context("together")
    context = world.make_context("together", listener=Stop, every=100)
    with pytest.raises(Interrupted, match="after step 5 of 7"):
        train_together(context, orders(context))
    assert len(list(context.zoo._own.root.rglob("checkpoint.safetensors"))) == 2
    world.assert_as_alone(calm, train_together(calm, orders(calm)), orders)


def test_an_adapter_that_another_process_is_training_is_left_to_it(world: Any) -> None:
    context = world.context("together")
    orders = [world.order(context, below) for below in ([], ["low"])]
    identity = orders[0].recipe.identity(backbone=context.backbone.fingerprint, data=orders[0].materials.fingerprints)
    held, enough = threading.Event(), threading.Event()

    def other() -> None:
        with context.zoo.work(identity):
            held.set()
            enough.wait()

    thread = threading.Thread(target=other)
    thread.start()
    held.wait()
    try:
        busy, made = train_together(context, orders)
    finally:
        enough.set()
        thread.join()
    assert isinstance(busy, Busy)
    assert isinstance(made, Card)


def test_what_does_not_fit_into_memory_is_trained_in_groups_and_why_is_told(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    def orders(context: Any) -> list[TrainJob]:
        return [world.order(context, below) for below in (["low"], ["high"], ["low", "high"])]

    told: list[str] = []
    started: list[str] = []

    class Watch(NullCallback):
        def on_train_begin(self, name: str, done: int, steps: int) -> None:
            started.append(name)

    context = replace(world.context("together"), tell=told.append, listeners=[Watch])
    monkeypatch.setattr(room, "machine_bytes", lambda: 900_000)
    outcomes = train_together(context, orders(context))
    assert [name.endswith("and 1 more") for name in started] == [True, False]
    (why,) = (sentence for sentence in told if "published" not in sentence)
    assert why.startswith("2 of 3 adapters are trained together, the others after them: each keeps 0.")
    monkeypatch.undo()
    world.assert_as_alone(context, outcomes, orders)


def test_a_lack_of_memory_is_an_error_of_those_it_concerns(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from madx_stilts.errors import MemoryLimitError
    from madx_stilts.train.learner import Learner

    def step(self: Learner, *given: object) -> float:
        raise torch.OutOfMemoryError("no memory")

    monkeypatch.setattr(Learner, "step", step)
    context = world.make_context("together")
    other = world.order(context, parts=(Part(task="snli", language="en"),))
    outcomes = train_together(context, [world.order(context), other])
    assert all(isinstance(outcome, MemoryLimitError) for outcome in outcomes)
    assert context.zoo.entries() == []
    assert list(context.backbone.model.adapters_config) == []


def test_an_adapter_that_cannot_be_begun_is_an_error_of_its_own(world: Any) -> None:
    from dataclasses import replace

    context = world.context("together")
    good, missing = world.order(context), world.order(context, ["low"])
    missing = replace(missing, recipe=missing.recipe.model_copy(update={"below": ("0" * 64,)}))
    other = world.order(context, start="low")
    method = other.recipe.method.model_copy(update={"reduction_factor": 8})
    unlike = replace(other, recipe=other.recipe.model_copy(update={"method": method}))
    outcomes = train_together(context, [missing, unlike, good])
    assert "has no adapter with the id" in str(outcomes[0])
    assert isinstance(outcomes[1], UsageError)
    assert isinstance(outcomes[2], Card)
