"""Fingerprint of a backbone: stored weights, the shape that its config gives them, and tokenizer."""

import hashlib
import json
from collections.abc import Iterator

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from madx_stilts.nets.adapter_model import AdapterModel

_SHAPE = (
    *("model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
    *("hidden_act", "layer_norm_eps", "position_embedding_type", "pad_token_id"),
    *("hidden_dropout_prob", "attention_probs_dropout_prob"),
)
"""Keys of a config that decide what the same weights compute, in training too."""
NOT_BACKBONE: tuple[str, ...] = (
    *("adapters.", "invertible_adapters.", "adapter_fusion_layer.", "loras.", "prefix_tuning", "prompt_tuning."),
    *("shared_parameters.", "refts.", "pooler.", "heads."),
)
"""Marks of what `adapters` adds to a backbone, and the pooler, which no head here reads and many checkpoints lack."""


def fingerprint_of(model: AdapterModel, tokenizer: PreTrainedTokenizerFast) -> str:
    """sha256 over a model as it was stored, and its tokenizer; equal on every machine."""
    config = model.config.to_dict()
    shape = {key: config.get(key) for key in _SHAPE}
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    # Truncation and padding are settings of the last call, not of the tokenizer.
    words = {key: value for key, value in state.items() if key not in ("truncation", "padding")}
    parts = [json.dumps(shape, sort_keys=True), json.dumps(words, sort_keys=True), digest_of_weights(model)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def digest_of_weights(model: AdapterModel) -> str:
    """sha256 over the frozen weights as they are in memory."""
    result = hashlib.sha256()
    for name, tensor in frozen_tensors(model):
        result.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        result.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return result.hexdigest()


def frozen_tensors(model: AdapterModel) -> Iterator[tuple[str, Tensor]]:
    """The weights of the backbone by name, in alphabetical order; without what `adapters` added."""
    for name, tensor in sorted(model.base_model.named_parameters()):
        if not any(mark in name for mark in NOT_BACKBONE):
            yield name, tensor
