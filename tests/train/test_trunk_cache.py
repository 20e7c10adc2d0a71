"""What leaves the trunk is computed once for each example and read afterwards; what is trained so is the same training.

Not to the last bit: in a sum of floating point numbers it matters how far a batch is padded, and a kept state was
computed in another batch than the one it is used in. So such an adapter has an id of its own.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from madx_stilts.card import Card
from madx_stilts.data.array_cache import ArrayCache
from madx_stilts.errors import UsageError
from madx_stilts.recipe import Part
from madx_stilts.stack import Role
from madx_stilts.train.lockstep import train_together
from madx_stilts.train.requests import TrainRequest, train_language
from madx_stilts.train.run import agreed, train

AMPLE = 10**9
MIXED = (Part(task="mnli", language="en"), Part(task="commonsense_qa", language="en"))


@pytest.fixture
def told() -> list[str]:
    """What the workshops tell."""
    return []


@pytest.fixture
def caching(world: Any, tmp_path: Path, told: list[str]) -> Any:
    """The world, with a trunk cache in each workshop."""
    make = world.make_context
    shelf = ArrayCache(tmp_path / "trunks", AMPLE)

    def tell(sentence: str) -> None:
        if "published" not in sentence:  # the toy data are but a part
            told.append(sentence)

    world.make_context = lambda name, **options: replace(make(name, **options), trunk_cache=shelf, tell=tell)
    return world


def weights(context: Any, card: Card) -> dict[str, torch.Tensor]:
    """By names without the id."""
    stored = load_file(context.zoo.folder(card.id) / "adapter.safetensors")
    return {name.replace(card.name, "t"): value for name, value in stored.items()}


@contextmanager
def counted(context: Any) -> Iterator[list[int]]:
    """How many passes went through the trunk in training, and through the layers above it."""
    layers = context.backbone.anatomy.layer_list(context.backbone.base)
    counts = [0, 0]

    def count(at: int, *given: object) -> None:
        counts[at] += not torch.is_inference_mode_enabled()

    with ExitStack() as undoing:
        for at, layer in enumerate((1, 3)):
            hook = layers[layer].get_submodule("attention.self").register_forward_hook(partial(count, at))
            undoing.callback(hook.remove)
        yield counts


def moved(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """The largest difference of a weight."""
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.mark.parametrize("changes", [{}, {"accumulate": 2}, {"parts": MIXED}], ids=["plain", "in parts", "a mixture"])
def test_a_training_with_kept_states_is_the_same_training(changes: dict[str, Any], caching: Any) -> None:
    context = caching.context("zoo")
    order = caching.order(context, ["la"], **changes)
    plain = caching.alone(replace(context, trunk_cache=None), order)
    # The zoo has it now, so that it is not trained again: another zoo.
    fresh = caching.context("fresh")
    kept = caching.alone(fresh, caching.order(fresh, ["la"], **changes))
    assert (plain.recipe.trunk, kept.recipe.trunk) == (None, "cached")
    assert plain.id != kept.id
    assert kept.recipe.model_copy(update={"trunk": None}) == plain.recipe
    assert "once for each example" in " ".join(kept.notes)
    assert "once for each example" not in " ".join(plain.notes)
    start = caching.alone(fresh, caching.order(fresh, ["la"], **{**changes, "learning_rate": 1e-9}))
    ends = [weights(context, plain), weights(fresh, kept)]
    assert moved(*ends) < 1e-5 < 5e-3 < moved(ends[0], weights(fresh, start))
    assert plain.scores == pytest.approx(kept.scores, abs=5.0)


def test_together_each_is_what_it_is_alone_to_the_last_bit(caching: Any) -> None:
    def orders(context: Any) -> list[Any]:
        return [caching.order(context, below) for below in ([], ["low"], ["la", "low"], ["la"])]

    context = caching.context("together")
    cards = caching.assert_as_alone(context, train_together(context, orders(context)), orders)
    assert {card.recipe.trunk for card in cards} == {"cached"}


def test_the_second_training_does_not_run_the_trunk(caching: Any, told: list[str]) -> None:
    context = caching.context("zoo")
    told.clear()
    with counted(context) as first:
        caching.alone(context, caching.order(context, max_steps=3))
    with counted(context) as second:
        train_together(context, [caching.order(context, below, max_steps=12) for below in ([], ["low"])])
    tries = 2  # for each learner, the preflight's passes
    filling = first[0] - tries - 1
    assert filling > 0
    assert first[1] == tries + 3
    assert second == [2 * tries + 1, 2 * (tries + 12)]
    begins = [re.sub(r" /.*", "", sentence) for sentence in told]
    assert begins == ["Trunk cache: mnli@en is computed once and kept in", "Trunk cache: mnli@en is read from"]


def test_the_size_that_is_told_is_the_size_of_the_file(caching: Any, told: list[str]) -> None:
    context = caching.context("zoo")
    told.clear()
    caching.alone(context, caching.order(context, parts=(Part(task="snli", language="en"),), max_steps=1))
    caching.alone(context, caching.order(context, max_steps=1))
    found = [re.search(r"(\d+) examples, (\d+) tokens x \(64 F32 \+ 64 F32\) = ([\d.]+) MB", text) for text in told]
    sizes = {path.stat().st_size for path in context.trunk_cache.folder.glob("*.safetensors")}
    assert all(found)
    for one in filter(None, found):
        (size,) = (size for size in sizes if 0 <= size - 2 * 64 * 4 * int(one[2]) < 512)
        assert f"{size / 1e6:.1f}" == one[3]


def test_data_with_the_same_inputs_share_a_file(caching: Any) -> None:
    context = caching.context("zoo")
    before = len(list(context.trunk_cache.folder.glob("*.safetensors")))
    for seed in (0, 1):
        order = caching.order(context, max_steps=1)
        caching.alone(context, replace(order, recipe=order.recipe.model_copy(update={"seed": seed})))
    caching.alone(context, caching.order(context, ["low"], max_steps=1))
    after = len(list(context.trunk_cache.folder.glob("*.safetensors")))
    assert after == before + 1
    caching.alone(context, caching.order(context, ["la"], max_steps=1))
    caching.alone(context, caching.order(context, max_steps=1, leave_out=(0,)))
    assert len(list(context.trunk_cache.folder.glob("*.safetensors"))) == after + 2


def test_damage_is_mended_and_changes_nothing(caching: Any, told: list[str]) -> None:
    context, other = caching.context("zoo"), caching.context("other")
    first = caching.alone(context, caching.order(context))
    for path in context.trunk_cache.folder.glob("*.safetensors"):
        content = np.fromfile(path, dtype=np.uint8)
        content[len(content) // 2] ^= 1
        content.tofile(path)
    again = caching.alone(other, caching.order(other))
    assert any("is damaged" in sentence for sentence in told)
    assert caching.files(context, first) == caching.files(other, again)


def test_an_interrupted_training_goes_on_with_the_same_weights(caching: Any) -> None:
    from madx_stilts.errors import Interrupted
    from madx_stilts.train.callbacks import NullCallback

    class Stop(NullCallback):
        def on_step_end(self, done: int, values: object) -> None:
            if done == 4:
                import os
                import signal

                os.kill(os.getpid(), signal.SIGINT)

    context, other = caching.context("zoo"), caching.context("other")
    whole = caching.alone(context, caching.order(context))
    with pytest.raises(Interrupted):
        caching.alone(replace(other, listeners=[Stop]), caching.order(other))
    for path in other.trunk_cache.folder.glob("*.safetensors"):
        path.unlink()
    assert caching.files(other, caching.alone(other, caching.order(other))) == caching.files(context, whole)


SPARSE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no layer is left out": (lambda world: {"leave_out": ()}, "an adapter stands in the lowest layer"),
    "too small": (lambda world: {}, "The trunk is computed for each batch."),
}


@pytest.mark.parametrize("why", SPARSE)
def test_where_nothing_can_be_kept_it_is_told_and_all_is_as_without(why: str, caching: Any, told: list[str]) -> None:
    changes, reason = SPARSE[why]
    context = caching.context("zoo")
    limit = 10**4 if why == "too small" else AMPLE
    narrow = replace(context, trunk_cache=ArrayCache(context.trunk_cache.folder / "narrow", limit))
    told.clear()
    (card,) = train_together(narrow, [caching.order(context, **changes(caching))])
    assert isinstance(card, Card)
    assert card.recipe.trunk is None
    assert sum(reason in sentence for sentence in told) == 1
    assert len(told) <= 2


def test_of_masked_language_modelling_nothing_is_kept(caching: Any, told: list[str]) -> None:
    context = caching.context("zoo")
    told.clear()
    config = caching.config(max_steps=1, evaluate_every=None, keep="last", dev_limit=4)
    card = train_language(context, "en", str(caching.text), TrainRequest(config=config, name="flat"))
    assert card.recipe.trunk is None
    assert told == ["Trunk cache: nothing to keep, for masked language modelling hides other pieces in each step."]


def test_what_the_zoo_has_is_not_trained_again_with_or_without(caching: Any) -> None:
    context = caching.context("zoo")
    without = replace(context, trunk_cache=None)
    plain = caching.alone(without, caching.order(context, ["low"]))
    assert caching.alone(context, caching.order(context, ["low"])).id == plain.id
    kept = caching.alone(context, caching.order(context))
    with counted(context) as counts:
        assert caching.alone(context, caching.order(context)).id == kept.id
        assert train_together(context, [caching.order(context), caching.order(context, ["low"])]) == [kept, plain]
    assert counts == [0, 0]


def test_a_recipe_with_kept_states_needs_room_for_them(caching: Any) -> None:
    context = caching.context("zoo")
    without = replace(context, trunk_cache=None)
    order = caching.order(context)
    recipe = order.recipe.model_copy(update={"trunk": "cached"})
    with pytest.raises(UsageError, match="has its trunk cached"):
        train(without, recipe, order.materials, role=Role.TARGET, name="t")
    (outcome,) = train_together(without, [replace(order, recipe=recipe)])
    assert isinstance(outcome, UsageError)


def test_states_are_those_of_the_trunk(caching: Any) -> None:
    """Each token's, for sequences of a batch in any order, with padding left at zero."""
    from madx_stilts.nets.stacking import activate
    from madx_stilts.nets.trunk import answers_of
    from madx_stilts.train.run import TrainRun, prepared, trunk_of

    context = caching.context("zoo")
    order = caching.order(context, parts=(Part(task="commonsense_qa", language="en"),))
    making = TrainRun(order.recipe, order.materials, "t", "i", Path())
    feed = prepared(context, making).feed
    with ExitStack() as using:
        _, states = agreed(using, context, order.recipe, order.materials)
        micro = feed(2).batches[0]
        _, known = states[0].known(micro)
        activate(context.backbone, [])
        live = answers_of(context.backbone, trunk_of(context, order.recipe), micro.inputs)
        real = micro.inputs["attention_mask"].bool()
        pairs = list(zip(states[0].outlet.taken(known), states[0].outlet.taken(live), strict=True))
        assert len(pairs) == 2
        for kept, computed in pairs:
            torch.testing.assert_close(kept[real], computed[real], rtol=0, atol=1e-5)
            assert not kept[~real].any()
            assert not torch.equal(kept[real][0], kept[real][1])
