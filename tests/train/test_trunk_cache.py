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
from madx_stilts.data.shelf import Shelf
from madx_stilts.errors import UsageError
from madx_stilts.recipe import Part
from madx_stilts.stack import Role
from madx_stilts.train.job import agreed, train
from madx_stilts.train.lockstep import train_together
from madx_stilts.train.roles import Wish, train_language

AMPLE = 10**9
MIXED = (Part(task="mnli", language="en"), Part(task="commonsense_qa", language="en"))


@pytest.fixture
def told() -> list[str]:
    """What the workshops tell."""
    return []


@pytest.fixture
def caching(world: Any, tmp_path: Path, told: list[str]) -> Any:
    """The world, with a trunk cache in each workshop."""
    make = world.make_shop
    shelf = Shelf(tmp_path / "trunks", AMPLE)

    def tell(sentence: str) -> None:
        if "published" not in sentence:  # the toy data are but a part
            told.append(sentence)

    world.make_shop = lambda name, **options: replace(make(name, **options), trunk_cache=shelf, tell=tell)
    return world


def weights(shop: Any, card: Card) -> dict[str, torch.Tensor]:
    """By names without the id."""
    stored = load_file(shop.zoo.folder(card.id) / "adapter.safetensors")
    return {name.replace(card.name, "t"): value for name, value in stored.items()}


@contextmanager
def counted(shop: Any) -> Iterator[list[int]]:
    """How many passes went through the trunk in training, and through the layers above it."""
    layers = shop.backbone.anatomy.layer_list(shop.backbone.base)
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
    shop = caching.shop("zoo")
    order = caching.order(shop, ["la"], **changes)
    plain = caching.alone(replace(shop, trunk_cache=None), order)
    # The zoo has it now, so that it is not trained again: another zoo.
    fresh = caching.shop("fresh")
    kept = caching.alone(fresh, caching.order(fresh, ["la"], **changes))
    assert (plain.recipe.trunk, kept.recipe.trunk) == (None, "cached")
    assert plain.id != kept.id
    assert kept.recipe.model_copy(update={"trunk": None}) == plain.recipe
    assert "once for each example" in " ".join(kept.notes)
    assert "once for each example" not in " ".join(plain.notes)
    start = caching.alone(fresh, caching.order(fresh, ["la"], **{**changes, "learning_rate": 1e-9}))
    ends = [weights(shop, plain), weights(fresh, kept)]
    assert moved(*ends) < 1e-5 < 5e-3 < moved(ends[0], weights(fresh, start))
    assert plain.scores == pytest.approx(kept.scores, abs=5.0)


def test_together_each_is_what_it_is_alone_to_the_last_bit(caching: Any) -> None:
    def orders(shop: Any) -> list[Any]:
        return [caching.order(shop, below) for below in ([], ["low"], ["la", "low"], ["la"])]

    shop = caching.shop("together")
    cards = caching.assert_as_alone(shop, train_together(shop, orders(shop)), orders)
    assert {card.recipe.trunk for card in cards} == {"cached"}


def test_the_second_training_does_not_run_the_trunk(caching: Any, told: list[str]) -> None:
    shop = caching.shop("zoo")
    told.clear()
    with counted(shop) as first:
        caching.alone(shop, caching.order(shop, max_steps=3))
    with counted(shop) as second:
        train_together(shop, [caching.order(shop, below, max_steps=12) for below in ([], ["low"])])
    tries = 2  # for each learner, the preflight's passes
    filling = first[0] - tries - 1
    assert filling > 0
    assert first[1] == tries + 3
    assert second == [2 * tries + 1, 2 * (tries + 12)]
    begins = [re.sub(r" /.*", "", sentence) for sentence in told]
    assert begins == ["Trunk cache: mnli@en is computed once and kept in", "Trunk cache: mnli@en is read from"]


def test_the_size_that_is_told_is_the_size_of_the_file(caching: Any, told: list[str]) -> None:
    shop = caching.shop("zoo")
    told.clear()
    caching.alone(shop, caching.order(shop, parts=(Part(task="snli", language="en"),), max_steps=1))
    caching.alone(shop, caching.order(shop, max_steps=1))
    found = [re.search(r"(\d+) examples, (\d+) tokens x \(64 F32 \+ 64 F32\) = ([\d.]+) MB", text) for text in told]
    sizes = {path.stat().st_size for path in shop.trunk_cache.folder.glob("*.safetensors")}
    assert all(found)
    for one in filter(None, found):
        (size,) = (size for size in sizes if 0 <= size - 2 * 64 * 4 * int(one[2]) < 512)
        assert f"{size / 1e6:.1f}" == one[3]


def test_data_with_the_same_inputs_share_a_file(caching: Any) -> None:
    shop = caching.shop("zoo")
    before = len(list(shop.trunk_cache.folder.glob("*.safetensors")))
    for seed in (0, 1):
        order = caching.order(shop, max_steps=1)
        caching.alone(shop, replace(order, recipe=order.recipe.model_copy(update={"seed": seed})))
    caching.alone(shop, caching.order(shop, ["low"], max_steps=1))
    after = len(list(shop.trunk_cache.folder.glob("*.safetensors")))
    assert after == before + 1
    caching.alone(shop, caching.order(shop, ["la"], max_steps=1))
    caching.alone(shop, caching.order(shop, max_steps=1, leave_out=(0,)))
    assert len(list(shop.trunk_cache.folder.glob("*.safetensors"))) == after + 2


def test_damage_is_mended_and_changes_nothing(caching: Any, told: list[str]) -> None:
    shop, other = caching.shop("zoo"), caching.shop("other")
    first = caching.alone(shop, caching.order(shop))
    for path in shop.trunk_cache.folder.glob("*.safetensors"):
        content = np.fromfile(path, dtype=np.uint8)
        content[len(content) // 2] ^= 1
        content.tofile(path)
    again = caching.alone(other, caching.order(other))
    assert any("is damaged" in sentence for sentence in told)
    assert caching.files(shop, first) == caching.files(other, again)


def test_an_interrupted_training_goes_on_with_the_same_weights(caching: Any) -> None:
    from madx_stilts.errors import Interrupted
    from madx_stilts.train.listen import Quiet

    class Stop(Quiet):
        def stepped(self, done: int, values: object) -> None:
            if done == 4:
                import os
                import signal

                os.kill(os.getpid(), signal.SIGINT)

    shop, other = caching.shop("zoo"), caching.shop("other")
    whole = caching.alone(shop, caching.order(shop))
    with pytest.raises(Interrupted):
        caching.alone(replace(other, listeners=[Stop]), caching.order(other))
    for path in other.trunk_cache.folder.glob("*.safetensors"):
        path.unlink()
    assert caching.files(other, caching.alone(other, caching.order(other))) == caching.files(shop, whole)


SPARSE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no layer is left out": (lambda world: {"leave_out": ()}, "an adapter stands in the lowest layer"),
    "too small": (lambda world: {}, "The trunk is computed for each batch."),
}


@pytest.mark.parametrize("why", SPARSE)
def test_where_nothing_can_be_kept_it_is_told_and_all_is_as_without(why: str, caching: Any, told: list[str]) -> None:
    changes, reason = SPARSE[why]
    shop = caching.shop("zoo")
    limit = 10**4 if why == "too small" else AMPLE
    narrow = replace(shop, trunk_cache=Shelf(shop.trunk_cache.folder / "narrow", limit))
    told.clear()
    (card,) = train_together(narrow, [caching.order(shop, **changes(caching))])
    assert isinstance(card, Card)
    assert card.recipe.trunk is None
    assert sum(reason in sentence for sentence in told) == 1
    assert len(told) <= 2


def test_of_masked_language_modelling_nothing_is_kept(caching: Any, told: list[str]) -> None:
    shop = caching.shop("zoo")
    told.clear()
    config = caching.config(max_steps=1, evaluate_every=None, keep="last", dev_limit=4)
    card = train_language(shop, "en", str(caching.text), Wish(config=config, name="flat"))
    assert card.recipe.trunk is None
    assert told == ["Trunk cache: nothing to keep, for masked language modelling hides other pieces in each step."]


def test_what_the_zoo_has_is_not_trained_again_with_or_without(caching: Any) -> None:
    shop = caching.shop("zoo")
    without = replace(shop, trunk_cache=None)
    plain = caching.alone(without, caching.order(shop, ["low"]))
    assert caching.alone(shop, caching.order(shop, ["low"])).id == plain.id
    kept = caching.alone(shop, caching.order(shop))
    with counted(shop) as counts:
        assert caching.alone(shop, caching.order(shop)).id == kept.id
        assert train_together(shop, [caching.order(shop), caching.order(shop, ["low"])]) == [kept, plain]
    assert counts == [0, 0]


def test_a_recipe_with_kept_states_needs_room_for_them(caching: Any) -> None:
    shop = caching.shop("zoo")
    without = replace(shop, trunk_cache=None)
    order = caching.order(shop)
    recipe = order.recipe.model_copy(update={"trunk": "cached"})
    with pytest.raises(UsageError, match="has its trunk cached"):
        train(without, recipe, order.materials, role=Role.TARGET, name="t")
    (outcome,) = train_together(without, [replace(order, recipe=recipe)])
    assert isinstance(outcome, UsageError)


def test_states_are_those_of_the_trunk(caching: Any) -> None:
    """Each token's, for sequences of a batch in any order, with padding left at zero."""
    from madx_stilts.nets.stacking import activate
    from madx_stilts.nets.trunk import answers_of
    from madx_stilts.train.job import Making, prepared, trunk_of

    shop = caching.shop("zoo")
    order = caching.order(shop, parts=(Part(task="commonsense_qa", language="en"),))
    making = Making(order.recipe, order.materials, "t", "i", Path())
    feed = prepared(shop, making).feed
    with ExitStack() as using:
        _, states = agreed(using, shop, order.recipe, order.materials)
        micro = feed(2).batches[0]
        _, known = states[0].known(micro)
        activate(shop.backbone, [])
        live = answers_of(shop.backbone, trunk_of(shop, order.recipe), micro.inputs)
        real = micro.inputs["attention_mask"].bool()
        pairs = list(zip(states[0].outlet.taken(known), states[0].outlet.taken(live), strict=True))
        assert len(pairs) == 2
        for kept, computed in pairs:
            torch.testing.assert_close(kept[real], computed[real], rtol=0, atol=1e-5)
            assert not kept[~real].any()
            assert not torch.equal(kept[real][0], kept[real][1])
