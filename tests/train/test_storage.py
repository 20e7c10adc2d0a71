"""Adapters stored in half the bytes: rounded once, after training, and otherwise as any other."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from madx_stilts.errors import AdapterError
from madx_stilts.nets.attach import attach
from madx_stilts.nets.stacking import adapter_parameters
from madx_stilts.nets.storage import store_in_half
from madx_stilts.train.requests import TrainRequest, train_intermediate


def trained(context: Any, settings: Any, **changes: object) -> tuple[str, dict[str, torch.Tensor]]:
    """Its id, and every tensor of its files by a name without the id."""
    card = train_intermediate(context, "mnli", TrainRequest(config=settings(dev_limit=8, **changes)))
    files = [load_file(path) for path in sorted(context.zoo.folder(card.id).glob("*.safetensors"))]
    return card.id, {key.replace(f"-{card.id[:8]}", ""): value for file in files for key, value in file.items()}


def test_what_is_stored_in_half_is_what_was_trained_rounded(
    still_backbone: Path, make_context: Any, settings: Any
) -> None:
    context = make_context(still_backbone)
    whole_id, whole = trained(context, settings)
    half_id, half = trained(context, settings, storage="fp16")
    assert whole_id != half_id
    assert whole.keys() == half.keys()
    assert len(half) > 10
    for name, weights in half.items():
        assert weights.dtype == torch.float16
        assert torch.equal(weights, whole[name].half())
    assert context.zoo.verify() == []


def test_it_is_computed_with_in_full(still_backbone: Path, make_context: Any, settings: Any) -> None:
    context = make_context(still_backbone)
    id, stored = trained(context, settings, storage="fp16")
    (name,) = attach(context.backbone, context.zoo, [id])
    loaded = adapter_parameters(context.backbone, name)
    assert {weights.dtype for weights in loaded.values()} == {torch.float32}
    kept = [value for key, value in stored.items() if not key.startswith("heads.")]
    assert sum(weights.double().sum() for weights in loaded.values()) == sum(weights.double().sum() for weights in kept)


def test_weights_that_are_too_large_are_not_stored(tmp_path: Path) -> None:
    save_file({"weight": torch.tensor([1.0, 70_000.0])}, tmp_path / "adapter.safetensors")
    with pytest.raises(AdapterError, match="too large for fp16"):
        store_in_half(tmp_path)
    assert load_file(tmp_path / "adapter.safetensors")["weight"].dtype == torch.float32
