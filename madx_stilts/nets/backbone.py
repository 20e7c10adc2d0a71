"""A frozen pretrained model with its tokenizer: load, freeze, fingerprint, precision."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import torch
from adapters import AutoAdapterModel
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedTokenizerFast

from madx_stilts.card import BackboneNote
from madx_stilts.errors import BackboneError, UsageError
from madx_stilts.formats.base import Tokenizer
from madx_stilts.nets.adapter_model import AdapterModel, told
from madx_stilts.nets.anatomy import ANATOMIES, Anatomy
from madx_stilts.nets.masked_head import complete_masked_lm_head

Precision = Literal["fp32", "bf16", "fp16"]
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Names that mark what adapters adds to a backbone, and the pooler, which no head here reads and many checkpoints lack.
_SHAPE = (
    *("model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
    *("hidden_act", "layer_norm_eps", "position_embedding_type", "pad_token_id"),
    *("hidden_dropout_prob", "attention_probs_dropout_prob"),
)
"""Keys of a config that decide what the same weights compute, in training too."""
_NOT_BACKBONE: tuple[str, ...] = (
    "adapters.",
    "invertible_adapters.",
    "adapter_fusion_layer.",
    "loras.",
    "prefix_tuning",
    "prompt_tuning.",
)
_NOT_BACKBONE += ("shared_parameters.", "refts.", "pooler.", "heads.")


@dataclass
class Backbone:
    """A frozen model, its tokenizer and what identifies them.

    Args:
        name: As the user named it; published adapters name it to their users.
        model: Without adapters when loaded; `nets.stacking` attaches them.
        tokenizer: A fast tokenizer, since formats need offsets.
        anatomy: Where the parts of the model are.
        fingerprint: sha256 over stored weights, the config's shape and the tokenizer; equal on every machine.
        precision: What the frozen weights are kept in and computed with; adapters and heads stay in fp32.
        device: Where everything is.
        pretrained_head: Name of the masked language modelling head that came with the checkpoint, if one did.
        attached: Adapters in the model now: name in the model by id.
        fusions: Fusion layers in the model now: names of what each fuses, by that of the adapter above it.
    """

    name: str
    model: AdapterModel
    tokenizer: PreTrainedTokenizerFast
    anatomy: Anatomy
    fingerprint: str
    precision: Precision
    device: torch.device
    pretrained_head: str | None = None
    attached: dict[str, str] = field(default_factory=dict)
    fusions: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def base(self) -> nn.Module:
        """The model without heads."""
        return self.model.base_model

    @property
    def heads(self) -> nn.ModuleDict:
        """Prediction heads by name."""
        return self.model.heads

    @property
    def layers(self) -> int:
        """Number of layers."""
        return len(self.anatomy.layer_list(self.base))

    @property
    def words(self) -> Tokenizer:
        """The tokenizer as formats see it."""
        return cast(Tokenizer, self.tokenizer)

    def note(self) -> BackboneNote:
        """What cards say of this backbone."""
        config = self.model.config
        return BackboneNote(
            name=self.name,
            fingerprint=self.fingerprint,
            model_type=config.model_type,
            hidden_size=config.hidden_size,
            layers=self.layers,
        )

    def autocast(self) -> AbstractContextManager[object]:
        """Mixed precision for the forward pass: frozen weights in `precision`, adapters in fp32."""
        if self.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=DTYPES[self.precision])

    def hidden(self, inputs: dict[str, Tensor]) -> Tensor:
        """Last hidden states through the adapters that are active.

        Args:
            inputs: `input_ids`, `attention_mask` and, if the tokenizer makes them, `token_type_ids`.
                *Shape of each:* ``(batch, tokens)``

        Returns:
            *Shape:* ``(batch, tokens, hidden_size)``
        """
        return cast(Tensor, self.base(**inputs).last_hidden_state)

    def every_layer(self, inputs: dict[str, Tensor]) -> Sequence[Tensor]:
        """Hidden states after each layer, the lowest first. *Shape of each:* ``(batch, tokens, hidden_size)``.

        Args:
            inputs: As for `hidden`.
        """
        return cast(Sequence[Tensor], self.base(**inputs, output_hidden_states=True).hidden_states[1:])

    def weights_digest(self) -> str:
        """sha256 over the frozen weights as they are in memory now: equal before and after any training."""
        return _digest_of_tensors(self.model)


def load_backbone(
    name: str,
    source: str | Path,
    *,
    precision: Precision = "fp32",
    device: str = "cpu",
    revision: str | None = None,
    offline: bool = False,
) -> Backbone:
    """Load a backbone and freeze it.

    Args:
        name: What the user calls it.
        source: A folder, or a name on the hub.
        precision: What to keep the frozen weights in.
        device: Where to put it, as torch names devices.
        revision: Commit or branch on the hub.
        offline: Use only what is on this machine.

    Raises:
        BackboneError: It is not there, is damaged, or is of an architecture without an entry in `ANATOMIES`.
        UsageError: The device cannot compute in this precision.
    """
    if precision == "fp16" and torch.device(device).type == "cpu":
        raise UsageError("fp16 needs a GPU.", hint="On a CPU use fp32 or bf16.")
    options = {"local_files_only": offline, "revision": revision or "main"}
    try:
        config = _checked_config(source, options)
        model, report = AutoAdapterModel.from_pretrained(
            str(source), config=config, dtype="auto", output_loading_info=True, **options
        )
        words = _TOKENIZER_OPTIONS.get(model.config.model_type, {})
        tokenizer = AutoTokenizer.from_pretrained(str(source), **options, **words)
    except _LOAD_ERRORS as error:
        raise BackboneError(
            f"The backbone {name} cannot be loaded from {source}: {told(error)}.", hint=_LOAD_HINT
        ) from error
    _check_complete(name, report["missing_keys"])
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise BackboneError(f"The backbone {name} has no fast tokenizer.", hint="Save it with a tokenizer.json.")
    # model_name in published adapters is what their users load: the public name, not a path on this machine.
    model.config.name_or_path = name
    fingerprint = _fingerprint(model, tokenizer)
    model.requires_grad_(False)
    model.to(device=torch.device(device), dtype=DTYPES[precision]).eval()
    return Backbone(
        name=name,
        model=model,
        tokenizer=tokenizer,
        anatomy=ANATOMIES[model.config.model_type],
        fingerprint=fingerprint,
        precision=precision,
        device=torch.device(device),
        pretrained_head="default" if complete_masked_lm_head(model, "default", source, options) else None,
    )


# ImportError and AttributeError: what transformers raises for a folder without any form of the tokenizer.
_LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError, AttributeError, SafetensorError)
_TOKENIZER_OPTIONS: dict[str, dict[str, bool]] = {"roberta": {"add_prefix_space": True}}
"""Byte-level tokenizers take words that are split already, as tagging gives them, only so."""
_LOAD_HINT = (
    "Give a folder with config.json, model.safetensors and tokenizer.json, or a name from `madx-stilts backbone list`."
)


def _checked_config(source: str | Path, options: dict[str, object]) -> object:
    """The config, refused before any model code runs unless its architecture is known here."""
    content, _ = PretrainedConfig.get_config_dict(str(source), **options)
    model_type = content.get("model_type")
    if not isinstance(model_type, str):
        raise BackboneError(f"{source} has no config.json that names its model_type.", hint=_LOAD_HINT)
    if model_type not in ANATOMIES:
        raise BackboneError(
            f"{source} is a {model_type!r} model, which this package does not know.",
            hint=f"Known: {', '.join(ANATOMIES)}.",
        )
    return AutoConfig.from_pretrained(str(source), **options)


def _check_complete(name: str, missing: Iterable[str]) -> None:
    random = [key for key in missing if not any(mark in f"{key}." for mark in _NOT_BACKBONE)]
    if random:
        raise BackboneError(
            f"The checkpoint of {name} lacks tensors, which would be random: {len(random)}, {min(random)} first.",
            hint=_LOAD_HINT,
        )


def _fingerprint(model: AdapterModel, tokenizer: PreTrainedTokenizerFast) -> str:
    config = model.config.to_dict()
    shape = {key: config.get(key) for key in _SHAPE}
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    # Truncation and padding are settings of the last call, not of the tokenizer.
    words = {key: value for key, value in state.items() if key not in ("truncation", "padding")}
    parts = [json.dumps(shape, sort_keys=True), json.dumps(words, sort_keys=True), _digest_of_tensors(model)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _digest_of_tensors(model: AdapterModel) -> str:
    result = hashlib.sha256()
    for name, tensor in _frozen_tensors(model):
        result.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        result.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return result.hexdigest()


def _frozen_tensors(model: AdapterModel) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in sorted(model.base_model.named_parameters()):
        if not any(mark in name for mark in _NOT_BACKBONE):
            yield name, tensor
