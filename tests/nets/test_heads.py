"""A head's loss is one number, however a batch is divided; only masked pieces are projected to the vocabulary."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import AutoModelForMaskedLM

from madx_stilts.data.batch import Batch, collate, parts
from madx_stilts.data.mask import masked
from madx_stilts.formats.base import IGNORED, HeadKind
from madx_stilts.nets.adapter_model import invertible_adapter
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.heads import HEADS, add_head, answer, copy_head
from madx_stilts.nets.stacking import activate, adapter_parameters, head_parameters

Stand = Callable[..., str]
Toys = Mapping[str, Any]
MakeBatch = Callable[..., Batch]
Gradients = dict[str, Tensor]
each_kind = pytest.mark.parametrize("kind", list(HEADS))


@pytest.fixture
def with_head(backbone: Backbone, stand: Stand, toys: Toys) -> Callable[..., dict[str, nn.Parameter]]:
    """Put an adapter `mine-1` with a head on the backbone and tell what would be trained."""

    def put(kind: HeadKind, method: str = "seq_bn") -> dict[str, nn.Parameter]:
        add_head(backbone, stand("mine-1", method), kind, toys[kind].task, seed=0)
        activate(backbone, ["mine-1"])
        trained = {**adapter_parameters(backbone, "mine-1"), **head_parameters(backbone, "mine-1")}
        for parameter in trained.values():
            parameter.requires_grad_(True)
        return trained

    return put


def mean_loss(backbone: Backbone, kind: HeadKind, batch: list[Batch]) -> Tensor:
    ops = HEADS[kind]
    answers = [answer(backbone, "mine-1", kind, part.inputs, part.labels) for part in batch]
    losses = [ops.loss(logits, part.labels) for logits, part in zip(answers, batch, strict=True)]
    return torch.stack(losses).sum() / sum(ops.count(part.labels) for part in batch)


def gradients(trained: dict[str, nn.Parameter], loss: Tensor) -> Gradients:
    found = torch.autograd.grad(loss, list(trained.values()))
    return dict(zip(trained, found, strict=True))


def assert_close(first: Gradients, second: Gradients) -> None:
    for name, value in first.items():
        torch.testing.assert_close({name: value}, {name: second[name]}, rtol=1e-4, atol=1e-6)


@each_kind
@pytest.mark.parametrize("count", [2, 3])
def test_the_mean_loss_of_a_batch_in_parts_is_that_of_the_whole(
    kind: HeadKind, count: int, backbone: Backbone, with_head: Callable[..., Any], toys: Toys
) -> None:
    trained, encoded = with_head(kind), toys[kind].encoded
    pad = backbone.tokenizer.pad_token_id
    groups = np.arange(min(7, len(encoded)))
    whole = collate(encoded, groups, pad_id=pad)
    divided = [collate(encoded, part, pad_id=pad) for part in parts(groups, count)]
    if kind == "masked_lm":
        whole = masked(whole, backbone.tokenizer, share=0.3, seed=0)
        divided = [rows_of(whole, part) for part in parts(groups, count)]
    one, other = mean_loss(backbone, kind, [whole]), mean_loss(backbone, kind, divided)
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    assert_close(gradients(trained, one), gradients(trained, other))


def rows_of(batch: Batch, groups: Any) -> Batch:
    """Some rows of a batch, as wide as it was."""
    rows = torch.from_numpy(groups)
    inputs = {name: value[rows] for name, value in batch.inputs.items()}
    return Batch(inputs, {name: value[rows] for name, value in batch.labels.items()}, groups)


@pytest.mark.parametrize("method", ["seq_bn", "seq_bn_inv"])
def test_projecting_masked_pieces_alone_gives_the_loss_and_gradients_of_projecting_all(
    method: str, backbone: Backbone, with_head: Callable[..., Any], batch_of: MakeBatch
) -> None:
    trained, batch = with_head("masked_lm", method), batch_of("masked_lm")
    few = mean_loss(backbone, "masked_lm", [batch])
    hidden, inverse = backbone.hidden(batch.inputs), invertible_adapter(backbone.base)
    assert (inverse is not None) == (method == "seq_bn_inv")
    (logits,) = backbone.heads["mine-1"]((hidden,), return_dict=False, invertible_adapter=inverse)
    everything = cross_entropy(logits.flatten(0, 1), batch.labels["label"].flatten(), ignore_index=IGNORED)
    torch.testing.assert_close(few, everything, rtol=1e-5, atol=1e-6)
    assert_close(gradients(trained, few), gradients(trained, everything))


def test_only_masked_pieces_are_projected(
    backbone: Backbone, with_head: Callable[..., Any], batch_of: MakeBatch
) -> None:
    with_head("masked_lm")
    batch = batch_of("masked_lm")
    (logits,) = answer(backbone, "mine-1", "masked_lm", batch.inputs, batch.labels)
    assert logits.shape == (1, int((batch.labels["label"] != IGNORED).sum()), len(backbone.tokenizer))


@each_kind
def test_answers_without_a_label_neither_count_nor_cost(
    kind: HeadKind, backbone: Backbone, with_head: Callable[..., Any], batch_of: MakeBatch
) -> None:
    with_head(kind)
    batch, ops = batch_of(kind), HEADS[kind]
    hidden = {name: torch.full_like(value, IGNORED) for name, value in batch.labels.items()}
    assert ops.count(batch.labels) > 0
    assert ops.count(hidden) == 0
    with torch.no_grad():
        assert float(ops.loss(answer(backbone, "mine-1", kind, batch.inputs, hidden), hidden)) == 0.0


@each_kind
def test_a_fresh_head_is_drawn_from_its_seed_alone(kind: HeadKind, backbone: Backbone, toys: Toys) -> None:
    drawn = []
    for at, seed in enumerate((3, 3, 4)):
        torch.manual_seed(at)
        add_head(backbone, f"h{at}-1", kind, toys[kind].task, seed=seed)
        drawn.append([value.clone() for value in head_parameters(backbone, f"h{at}-1").values()])
    assert drawn[0]
    assert all(torch.equal(*pair) for pair in zip(drawn[0], drawn[1], strict=True))
    same = all(torch.equal(*pair) for pair in zip(drawn[0], drawn[2], strict=True))
    assert same == (kind == "masked_lm"), "that one comes with the checkpoint"


@each_kind
def test_what_a_head_shares_with_the_backbone_is_not_its_own(kind: HeadKind, backbone: Backbone, toys: Toys) -> None:
    add_head(backbone, "mine-1", kind, toys[kind].task, seed=0)
    frozen = {id(parameter) for parameter in backbone.base.parameters()}
    own = head_parameters(backbone, "mine-1")
    assert own
    assert not frozen & {id(parameter) for parameter in own.values()}
    assert head_parameters(backbone, "nobody-1") == {}


@each_kind
def test_adding_a_head_changes_no_weight_of_the_backbone(kind: HeadKind, backbone: Backbone, toys: Toys) -> None:
    before = backbone.weights_digest()
    add_head(backbone, "mine-1", kind, toys[kind].task, seed=0)
    assert backbone.weights_digest() == before


@each_kind
def test_heads_are_in_fp32_on_a_backbone_in_bf16(kind: HeadKind, tiny_backbone: Path, toys: Toys) -> None:
    small = load_backbone("tiny", tiny_backbone, precision="bf16", offline=True)
    before = small.weights_digest()
    add_head(small, "mine-1", kind, toys[kind].task, seed=0)
    assert {value.dtype for value in head_parameters(small, "mine-1").values()} == {torch.float32}
    assert small.weights_digest() == before


@each_kind
def test_a_copied_head_answers_as_the_one_it_was_copied_from(
    kind: HeadKind, backbone: Backbone, toys: Toys, batch_of: MakeBatch
) -> None:
    for at, name in enumerate(("old-1", "new-1")):
        add_head(backbone, name, kind, toys[kind].task, seed=at)
    batch = batch_of(kind)
    copy_head(backbone, source="old-1", target="new-1")
    with torch.no_grad():
        old, new = (answer(backbone, name, kind, batch.inputs, batch.labels) for name in ("old-1", "new-1"))
    assert all(torch.equal(*pair) for pair in zip(old, new, strict=True))


def test_masked_language_modelling_begins_with_the_checkpoints_own_head(
    tiny_backbone: Path, tmp_path: Path, toys: Toys
) -> None:
    folder = Path(shutil.copytree(tiny_backbone, tmp_path / "biased"))
    weights = load_file(folder / "model.safetensors")
    torch.manual_seed(0)
    weights["lm_head.bias"] += torch.randn_like(weights["lm_head.bias"])
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    backbone = load_backbone("biased", folder, offline=True)
    add_head(backbone, "mine-1", "masked_lm", toys["masked_lm"].task, seed=0)
    batch = collate(toys["masked_lm"].encoded, np.arange(4), pad_id=backbone.tokenizer.pad_token_id)
    model = AutoModelForMaskedLM.from_pretrained(folder, local_files_only=True).eval()
    # Every piece is asked for, so that every piece is projected.
    asked = {"label": batch.inputs["input_ids"]}
    with torch.no_grad():
        (ours,) = answer(backbone, "mine-1", "masked_lm", batch.inputs, asked)
        theirs = model(**batch.inputs).logits
    torch.testing.assert_close(ours[0], theirs.flatten(0, 1), rtol=0, atol=1e-5)
