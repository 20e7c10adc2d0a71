"""Whether a backbone is fit for work: its weights are all there and finite, and its tokenizer belongs to it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import AdapterError, BackboneError
from madx_stilts.nets.adapter_model import AdapterModel
from madx_stilts.nets.fingerprint import NOT_BACKBONE, frozen_tensors


def require_usual_numbers(name: str, files: Iterable[Path]) -> None:
    """Refuse weights of few bits: they are scaled or packed, and would be taken for other numbers than they mean.

    Args:
        name: The backbone's.
        files: With its weights; those of other formats than safetensors are not looked into.

    Raises:
        BackboneError: Some are.
    """
    for path in files:
        if path.suffix != ".safetensors" or not path.is_file():
            continue
        with safe_open(path, framework="pt") as file:
            strange = [(key, kind) for key in file.keys() if (kind := file.get_slice(key).get_dtype()) not in _USUAL]  # noqa: SIM118 (it has no iterator)
        if strange:
            key, kind = strange[0]
            raise BackboneError(
                f"The backbone {name} has weights of the type {kind}, which are not computed with: "
                f"{len(strange)} tensors in {path.name}, {key} first.",
                hint="Take the checkpoint that it was made of, in fp32, bf16 or fp16.",
            )


_USUAL: Final = frozenset({"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"})


def require_fitting(name: str, tokenizer: PreTrainedTokenizerFast, config: Mapping[str, object], *, rows: int) -> None:
    """Refuse a tokenizer whose ids the model has no embedding for, added tokens and segments included.

    Args:
        name: The backbone's.
        config: The model's.
        rows: Of its word embeddings.

    Raises:
        BackboneError: It does not fit, or has no token to fill batches with.
    """
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= rows:
        raise BackboneError(
            f"The tokenizer of {name} has ids up to {highest}, and its model has {rows} embeddings, up to {rows - 1}.",
            hint="Save model and tokenizer together, with the embeddings resized to the tokenizer.",
        )
    if tokenizer.pad_token_id is None:
        raise BackboneError(f"The tokenizer of {name} has no pad_token.", hint="Save it with its special tokens.")
    segments = max(tokenizer("a", "a").get("token_type_ids", [0]), default=0)
    kinds = config.get("type_vocab_size")
    if isinstance(kinds, int) and segments >= kinds:
        raise BackboneError(
            f"The tokenizer of {name} marks segments up to {segments}, and its model has {kinds} segment embeddings.",
            hint="Take the tokenizer that the model was trained with.",
        )


def require_complete(name: str, missing: Iterable[str]) -> None:
    """Refuse a backbone whose checkpoint lacks weights.

    Args:
        missing: Names of the tensors that loading did not find.

    Raises:
        BackboneError: One of them is part of the backbone.
    """
    random = [key for key in missing if not any(mark in f"{key}." for mark in NOT_BACKBONE)]
    if random:
        raise BackboneError(
            f"The checkpoint of {name} lacks tensors, which would be random: {len(random)}, {min(random)} first.",
            hint="Give a checkpoint with all weights of the architecture that its config names.",
        )


def require_finite(name: str, model: AdapterModel) -> None:
    """Refuse a backbone with weights that are no numbers.

    Raises:
        BackboneError: There are some.
    """
    if bad := _not_finite(dict(frozen_tensors(model))):
        raise BackboneError(
            f"The backbone {name} has weights that are not finite: {len(bad)} tensors, {bad[0]} first.",
            hint="Download it again, or take another checkpoint.",
        )


def require_finite_adapter(what: str, parameters: Mapping[str, Tensor]) -> None:
    """Refuse an adapter, or a head, with weights that are no numbers.

    Args:
        what: The subject of the message.
        parameters: By name.

    Raises:
        AdapterError: There are some.
    """
    if bad := _not_finite(parameters):
        raise AdapterError(
            f"{what} has weights that are not finite: {len(bad)} tensors, {bad[0]} first.",
            hint="It was damaged, or its training went wrong: train it again, or take another one.",
        )


def _not_finite(tensors: Mapping[str, Tensor]) -> list[str]:
    return [name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all())]
