"""A target over a fusion: its members stay what they are, and it is trained, stopped, kept and used as any other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from madx_stilts.card import Card
from madx_stilts.config import AdapterConfig
from madx_stilts.errors import UsageError
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.fusion import WEIGHTS
from madx_stilts.nets.heads import answer
from madx_stilts.nets.stacking import activate, adapter_parameters, remove
from madx_stilts.recipe import Fusion, FusionSettings, Method
from madx_stilts.stack import AdapterRef
from madx_stilts.train.callbacks import NullCallback
from madx_stilts.train.lockstep import TrainJob, company_of, train_together
from madx_stilts.train.requests import TrainRequest, train_intermediate, train_target
from madx_stilts.zoo.composition import Transfer
from madx_stilts.zoo.folder import FUSION
from madx_stilts.zoo.prune import plan_pruning

World = Any
Shop = Any


def refs(context: Shop, *names: str) -> list[AdapterRef]:
    return [context.zoo.find(f"intermediate/{name}") for name in names]


def fused(world: World, context: Shop, *, config: AdapterConfig | None = None, **changes: Any) -> Card:
    """XNLI over the fusion of two intermediates."""
    request = TrainRequest(config=config or world.config(**changes), limit=40)
    card: Card = train_target(context, "xnli", request, on=refs(context, "low", "high"), transfer="fuse")
    return card


def weights(context: Shop, card: Card) -> dict[str, Tensor]:
    """Of adapter, head and fusion layer, under names that are the same for every target."""
    folder = context.zoo.folder(card.id)
    files = [folder / "adapter.safetensors", folder / "model_head.safetensors", folder / FUSION / WEIGHTS]
    found = {name: value for file in files for name, value in load_file(file).items()}
    return {name.replace(card.name, "target"): value for name, value in found.items()}


def test_training_changes_fusion_target_and_head_and_nothing_else(world: World) -> None:
    context = world.context("zoo")
    members = refs(context, "low", "high")
    names = attach(context.backbone, context.zoo, [ref.id for ref in members])
    inside = {name: value.clone() for one in names for name, value in adapter_parameters(context.backbone, one).items()}
    frozen, files = context.backbone.weights_digest(), {ref.id: dict(context.zoo.card(ref.id).files) for ref in members}
    trained = weights(context, fused(world, context, max_steps=4, keep="last"))
    first = weights(context, fused(world, context, max_steps=4, keep="last", learning_rate=1e-30))
    assert len([name for name in trained if "adapter_fusion_layer" in name]) == 10, "two layers of four have members"
    # The gradient of the key's bias is zero but for rounding: attention stays as it is when all scores rise alike.
    still = [name for name in trained if torch.equal(trained[name], first[name]) and not name.endswith("key.bias")]
    assert still == []
    assert context.backbone.weights_digest() == frozen
    now = {name: value for one in names for name, value in adapter_parameters(context.backbone, one).items()}
    assert [name for name in inside if not torch.equal(inside[name], now[name])] == []
    assert {ref.id: dict(context.zoo.card(ref.id).files) for ref in members} == files
    assert context.zoo.verify() == []


def test_trained_together_with_others_it_is_what_it_is_alone(world: World) -> None:
    def orders(context: Shop) -> list[TrainJob]:
        low, high = (ref.id for ref in refs(context, "low", "high"))
        over = [(low, high), (high, low)]
        fused = [world.order(context).recipe.model_copy(update={"fusion": Fusion(members=members)}) for members in over]
        plain = [world.order(context), world.order(context, ["low"])]
        return [*plain, *(replace(plain[0], recipe=recipe, name=f"t{at}") for at, recipe in enumerate(fused))]

    started: list[str] = []

    class Watch(NullCallback):
        def on_train_begin(self, name: str, done: int, steps: int) -> None:
            started.append(name)

    context = world.context("together", listener=Watch)
    assert len({company_of(context, order.recipe, order.materials) for order in orders(context)}) == 1
    started.clear()  # those below were trained before
    outcomes = train_together(context, orders(context))
    assert started[0].startswith("t0-"), "how many fit into memory is reckoned from one with a fusion layer"
    world.assert_as_alone(context, outcomes, orders)


def test_the_card_names_the_members_in_their_order(world: World) -> None:
    context = world.context("zoo")
    card = fused(world, context, max_steps=1, keep="last")
    members = tuple(ref.id for ref in refs(context, "low", "high"))
    assert card.recipe.fused == members
    assert tuple(parent.id for parent in card.parents) == members
    assert [str(ref).partition("@")[0] for ref in context.zoo.refs_of(card.id)] == ["target/xnli+fuse.low.high"]
    assert [one.id for one in context.zoo.lineage(card.id)] == [*members, card.id]
    assert f"{FUSION}/{WEIGHTS}" in card.files
    pruning = plan_pruning(context.zoo.root_of(card.id), members)
    assert {one.reason for one in pruning.kept} == {f"is needed by {card.name}"}
    assert not pruning.going


def test_loaded_into_another_model_it_answers_the_same(world: World, make_context: Any, tiny_backbone: Path) -> None:
    context = world.context("zoo")
    card = fused(world, context, max_steps=3, keep="last")
    ids = [*card.recipe.beneath, card.id]
    inputs = dict(context.backbone.tokenizer("the dog sleeps", "a bird", return_tensors="pt"))
    answers = []
    for one in (context, make_context(tiny_backbone, "zoo")):
        one.backbone.model.eval()
        activate(one.backbone, attach(one.backbone, one.zoo, ids))
        with torch.no_grad():
            head = attach_head(one.backbone, one.zoo, card.id)
            answers.append(answer(one.backbone, head, "classification", inputs, {})[0])
    assert torch.equal(*answers)


def test_nothing_is_left_in_the_model(world: World) -> None:
    context = world.context("zoo")
    fused(world, context, max_steps=1, keep="last")
    assert context.backbone.fusions == {}
    for name in list(context.backbone.attached.values()):
        remove(context.backbone, name)
    assert list(context.backbone.model.adapters_config) == []
    assert [name for name, _ in context.backbone.base.named_parameters() if "fusion" in name] == []


class Killed(BaseException):
    """Stands for a SIGKILL."""


class KilledAt(NullCallback):
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, done: int, values: Mapping[str, float]) -> None:
        if done == self.step:
            raise Killed


@pytest.mark.parametrize(
    ("step", "changes"), [(4, {"keep": "best"}), (7, {"keep": "average", "unfreeze_every": 2})], ids=["best", "average"]
)
def test_killed_and_resumed_it_has_the_same_bytes(step: int, changes: dict[str, Any], world: World) -> None:
    calm = world.context("calm")
    undisturbed = world.files(calm, fused(world, calm, max_steps=8, **changes))
    del undisturbed["training_log.jsonl"]
    rough = world.context("rough", every=3)
    hurt = world.make_context("rough", listener=lambda: KilledAt(step), every=3)
    with pytest.raises(Killed):
        fused(world, hurt, max_steps=8, **changes)
    again = world.files(rough, fused(world, world.make_context("rough", every=3), max_steps=8, **changes))
    del again["training_log.jsonl"]
    assert again == undisturbed


def test_each_stage_of_a_target_goes_on_with_the_fusion_of_the_last(world: World) -> None:
    """XCOPA learns SIQa, then COPA."""
    context = world.context("zoo")
    still = world.config(max_steps=1, keep="last", learning_rate=1e-30, dev_limit=4)
    request = TrainRequest(config=still, limit=8)
    card = train_target(context, "xcopa", request, on=refs(context, "low", "high"), transfer="fuse")
    assert card.recipe.start is not None
    before = context.zoo.card(card.recipe.start.adapter)
    assert before.recipe.fusion == card.recipe.fusion
    moved = world.config(max_steps=3, keep="last", dev_limit=4)
    later = train_target(
        context, "xcopa", TrainRequest(config=moved, limit=8), on=refs(context, "low", "high"), transfer="fuse"
    )
    old, new = weights(context, before), weights(context, card)
    assert [name for name, value in old.items() if (value - new[name]).abs().max() > 1e-20] == []
    assert later.recipe.start is not None
    start = weights(context, context.zoo.card(later.recipe.start.adapter))
    assert [name for name in start if torch.equal(start[name], old[name]) and not name.endswith("key.bias")] == []
    assert context.zoo.verify() == []


def test_the_pull_keeps_values_near_the_identity(world: World) -> None:
    def far(pull: float) -> float:
        context = world.context(f"pull{pull}")
        config = world.config(max_steps=6, keep="last").model_copy(
            update={"fusion": FusionSettings(rate=1.0, pull=pull)}
        )
        found = weights(context, fused(world, context, config=config))
        values = [value for name, value in found.items() if name.endswith(".value.weight")]
        return float(sum((value - torch.eye(len(value))).pow(2).sum() for value in values))

    assert far(10.0) < far(0.0) * 0.9


def test_the_rate_of_the_fusion_is_its_own(world: World) -> None:
    def made(rate: float) -> dict[str, Tensor]:
        context = world.context(f"rate{rate}")
        config = world.config(max_steps=1, keep="last").model_copy(update={"fusion": FusionSettings(rate=rate, pull=0)})
        return weights(context, fused(world, context, config=config))

    slow, fast = made(0.1), made(0.5)
    for name, value in slow.items():
        assert torch.equal(value, fast[name]) == ("adapter_fusion_layer" not in name), name


def test_a_fused_target_beside_others_is_what_it_is_alone(world: World) -> None:
    from madx_stilts.recipe import Fusion
    from madx_stilts.train.lockstep import train_together

    def orders(context: Shop) -> list[Any]:

        plain = [world.order(context, ["low"]), world.order(context, ["high"])]
        members = tuple(ref.id for ref in refs(context, "low", "high"))
        recipe = plain[0].recipe.model_copy(update={"below": (), "fusion": Fusion(members=members)})
        return [plain[0], replace(plain[0], recipe=recipe, name="t+fuse"), plain[1]]

    context = world.context("zoo")
    world.assert_as_alone(context, train_together(context, orders(context)), orders)


def faults() -> dict[str, tuple[Callable[[World, Shop], list[AdapterRef]], str]]:
    def strange(world: World, context: Shop, **method: Any) -> list[AdapterRef]:
        config = world.config(max_steps=1, keep="last", dev_limit=4)
        config = config.model_copy(update={"method": Method.model_validate({"reduction_factor": 4, **method})})
        train_intermediate(context, "snli", TrainRequest(config=config, limit=16, name="strange"))
        return refs(context, "low", "strange")

    return {
        "one": (lambda world, context: refs(context, "low"), "takes two adapters or more, each once; 1 are named"),
        "layers": (lambda world, context: strange(world, context, leave_out=[1]), r"leave out \[0, 1\] and \[1\]"),
        "kinds": (lambda world, context: strange(world, context, kind="double_seq_bn"), "double_seq_bn and seq_bn"),
        "ia3": (lambda world, context: strange(world, context, kind="ia3"), "ia3 adapters cannot be fused; these can"),
    }


@pytest.mark.parametrize("kind", faults())
def test_what_cannot_be_fused_is_refused_before_anything_is_trained(kind: str, world: World) -> None:
    context = world.context("zoo")
    on, reason = faults()[kind]
    members = on(world, context)
    known = context.zoo.references()
    with pytest.raises(UsageError, match=reason):
        train_target(context, "xnli", TrainRequest(config=world.config()), on=members, transfer="fuse")
    assert context.zoo.references() == known


@pytest.mark.parametrize("transfer", ["fuse", "continue"])
def test_an_adapter_is_not_taken_from_what_it_was_trained_on(transfer: Transfer, world: World) -> None:
    context = world.context("zoo")
    request = TrainRequest(config=world.config(max_steps=1, keep="last"), limit=16)
    train_target(context, "xnli", request, on=refs(context, "low"))
    standing = context.zoo.find("target/xnli+low")
    members = [*refs(context, "high"), standing] if transfer == "fuse" else [standing]
    with pytest.raises(UsageError, match=r"target/xnli\+low@\w+ was trained on top of low-\w+, which would not stand"):
        train_target(context, "xnli", request, on=members, transfer=transfer)
    above = train_target(context, "xnli", replace(request, name="above"), on=[*refs(context, "low"), standing])
    assert above.recipe.below[-1] == standing.id


def test_a_fused_adapter_answers_only_on_its_members(world: World) -> None:
    context = world.context("zoo")
    card = fused(world, context, max_steps=1, keep="last")
    low, high = card.recipe.fused
    for ids in (
        [card.id],
        [low, card.id],
        [high, low, card.id],
        [low, high, card.id, context.zoo.find("language/la").id],
    ):
        with pytest.raises(UsageError, match=r"fusion .*low.* // .*high.*, and answers only on top of that"):
            attach(context.backbone, context.zoo, ids)
    assert context.backbone.fusions == {}
