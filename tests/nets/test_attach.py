"""From the zoo into the model come only adapters of this backbone, undamaged, that compose with one another."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.nets.attach import attach, attach_head
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.heads import add_head
from madx_stilts.nets.stacking import activate, remove, save
from madx_stilts.recipe import Method, Part, Recipe
from madx_stilts.tasks import TASKS
from madx_stilts.zoo.store import Zoo

Stand = Callable[..., str]
Publish = Callable[..., str]


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    return Zoo([tmp_path / "zoo"])


@pytest.fixture
def publish(backbone: Backbone, stand: Stand, zoo: Zoo) -> Publish:
    """Put a random adapter into the zoo, take it out of the model, and tell its id."""

    def put(name: str, kind: str = "seq_bn", *, head: bool = False, fingerprint: str | None = None) -> str:
        note = backbone.note()
        note = note.model_copy(update={"name": "another", "fingerprint": fingerprint}) if fingerprint else note
        method = Method.model_validate({"kind": kind, "reduction_factor": 4})
        recipe = Recipe(parts=(Part(task="mnli", language="en"),), method=method)
        data = {"mnli@en:train": hashlib.sha256(name.encode()).hexdigest()}
        identity = recipe.identity(backbone=note.fingerprint, data=data)
        stand(name, kind)
        if head:
            add_head(backbone, name, "classification", TASKS["xnli"], seed=0)
        with zoo.adding(Card(id=identity, name=name, recipe=recipe, backbone=note, data=data)) as folder:
            save(backbone, folder, name, head=head)
        remove(backbone, name)
        return identity

    return put


def loaded(backbone: Backbone, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in backbone.model.adapters_config]


def test_a_stack_is_attached_bottom_to_top_frozen_and_not_active(
    backbone: Backbone, zoo: Zoo, publish: Publish, inputs: dict[str, Tensor]
) -> None:
    ids = [publish("lang-1", "seq_bn_inv"), publish("low-1"), publish("top-1", "compacter")]
    with torch.no_grad():
        bare = backbone.hidden(inputs)
        names = attach(backbone, zoo, ids)
        assert torch.equal(backbone.hidden(inputs), bare)
        activate(backbone, names)
        assert not torch.equal(backbone.hidden(inputs), bare)
    assert names == ["lang-1", "low-1", "top-1"]
    assert backbone.attached == dict(zip(ids, names, strict=True))
    assert not any(value.requires_grad for _, value in backbone.model.named_parameters())
    assert attach(backbone, zoo, ids) == names, "a second time changes nothing"


def test_a_head_is_attached_under_the_name_of_its_adapter(backbone: Backbone, zoo: Zoo, publish: Publish) -> None:
    assert attach_head(backbone, zoo, publish("top-1", head=True)) == "top-1"
    assert "top-1" in backbone.heads


def test_an_adapter_without_a_head_has_none_to_attach(backbone: Backbone, zoo: Zoo, publish: Publish) -> None:
    with pytest.raises(AdapterError, match="head"):
        attach_head(backbone, zoo, publish("lang-1", "seq_bn_inv"))


def test_an_adapter_of_another_backbone_is_refused_with_both_names(
    backbone: Backbone, zoo: Zoo, publish: Publish
) -> None:
    mine, foreign = publish("mine-1"), publish("foreign-1", head=True, fingerprint="f0" * 32)
    with pytest.raises(AdapterError, match=r"foreign-1 was trained on another \(f0f0f0f0\), .* is tiny") as caught:
        attach(backbone, zoo, [mine, foreign])
    assert backbone.fingerprint[:8] in caught.value.message
    with pytest.raises(AdapterError, match="was trained on another"):
        attach_head(backbone, zoo, foreign)
    assert loaded(backbone, ["mine-1", "foreign-1"]) == []
    assert "foreign-1" not in backbone.heads


@pytest.mark.parametrize("kind", ["lora", "par_bn", "loreft"])
def test_a_method_that_does_not_compose_stands_alone_or_not_at_all(
    kind: str, backbone: Backbone, zoo: Zoo, publish: Publish
) -> None:
    alone, other = publish("alone-1", kind), publish("other-1")
    for ids in ([alone, other], [other, alone]):
        with pytest.raises(UsageError, match=f"{kind} adapters cannot be stacked") as caught:
            attach(backbone, zoo, ids)
        assert "alone-1" in caught.value.hint
    assert loaded(backbone, ["alone-1", "other-1"]) == []
    assert attach(backbone, zoo, [alone]) == ["alone-1"]


@pytest.mark.parametrize("below", ["seq_bn", "seq_bn_inv", "compacter", "double_seq_bn", "ia3"])
def test_an_adapter_with_an_invertible_part_stands_at_the_bottom_or_not_at_all(
    below: str, backbone: Backbone, zoo: Zoo, publish: Publish
) -> None:
    low, inverse, top = publish("low-1", below), publish("inverse-1", "seq_bn_inv"), publish("top-1")
    for ids in ([low, inverse], [low, inverse, top], [low, top, inverse]):
        with pytest.raises(UsageError, match=r"inverse-1 cannot stand on low-1.* only at the bottom of a stack"):
            attach(backbone, zoo, ids)
    assert loaded(backbone, ["low-1", "inverse-1", "top-1"]) == []
    assert attach(backbone, zoo, [inverse, top]) == ["inverse-1", "top-1"]


def test_a_damaged_adapter_is_refused(backbone: Backbone, zoo: Zoo, publish: Publish) -> None:
    identity = publish("mine-1", head=True)
    file = zoo.folder(identity) / "model_head.safetensors"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    for use in (lambda: attach(backbone, zoo, [identity]), lambda: attach_head(backbone, zoo, identity)):
        with pytest.raises(AdapterError, match=r"model_head\.safetensors"):
            use()
    assert loaded(backbone, ["mine-1"]) == []


def test_an_unknown_adapter_is_refused(backbone: Backbone, zoo: Zoo) -> None:
    with pytest.raises(AdapterError, match="no adapter with the id"):
        attach(backbone, zoo, ["0" * 64])
