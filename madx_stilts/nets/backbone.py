"""A frozen pretrained model with its tokenizer: load, freeze, fingerprint, precision."""

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import torch
from adapters import AutoAdapterModel
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import AutoConfig, AutoTokenizer, PretrainedConfig, PreTrainedTokenizerFast

from madx_stilts.backbone_files import backbone_folder, config_of, weight_files
from madx_stilts.card import BackboneNote
from madx_stilts.errors import BackboneError, UsageError
from madx_stilts.formats.base import Tokenizer
from madx_stilts.nets.adapter_model import AdapterModel, told
from madx_stilts.nets.architecture import ANATOMIES, Architecture
from madx_stilts.nets.fingerprint import digest_of_weights, fingerprint_of
from madx_stilts.nets.masked_head import OwnHead, own_masked_lm
from madx_stilts.nets.soundness import require_complete, require_finite, require_fitting, require_usual_numbers
from madx_stilts.positions import ModelLimits

Precision = Literal["fp32", "bf16", "fp16"]
DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


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
        masked_lm: The masked language modelling head that came with the checkpoint, if one did.
        attached: Adapters in the model now: name in the model by id.
        fusions: Fusion layers in the model now: names of what each fuses, by that of the adapter above it.
    """

    name: str
    model: AdapterModel
    tokenizer: PreTrainedTokenizerFast
    anatomy: Architecture
    fingerprint: str
    precision: Precision
    device: torch.device
    masked_lm: OwnHead = field(default_factory=OwnHead)
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
    def pretrained_head(self) -> str | None:
        """Name in the model of the checkpoint's own masked language modelling head; None: it has none."""
        return self.masked_lm.name

    def masked_lm_identity(self) -> str:
        """What stands for the output layer of masked language modelling in the identity of what is trained by it.

        Raises:
            BackboneError: The checkpoint has one that cannot be used, or its tokenizer has no mask.
        """
        if self.tokenizer.mask_token_id is None:
            raise BackboneError(
                f"{self.name} cannot be trained on text: its tokenizer has no mask_token.",
                hint="Save it with its special tokens.",
            )
        if self.masked_lm.fault:
            raise BackboneError(
                f"{self.name} cannot be trained on text: {self.masked_lm.fault}.",
                hint="Take a checkpoint with the whole head, or one without any: then a head is trained.",
            )
        return self.masked_lm.digest

    @property
    def extent(self) -> ModelLimits:
        """How long a sequence may be, and how many layers there are."""
        return ModelLimits.of(self.name, self.model.config.to_dict())

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
        return digest_of_weights(self.model)


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
    folder = backbone_folder(name, source, revision=revision or "main", offline=offline, say=_warn)
    try:
        config = _checked_config(folder)
        require_usual_numbers(name, weight_files(folder))
        model, report = AutoAdapterModel.from_pretrained(
            str(folder), config=config, dtype="auto", output_loading_info=True, local_files_only=True
        )
        words = _TOKENIZER_OPTIONS.get(model.config.model_type, {})
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, **words)
        masked_lm = own_masked_lm(model, folder)
    except _LOAD_ERRORS as error:
        raise BackboneError(
            f"The backbone {name} cannot be loaded from {source}: {told(error)}.", hint=_LOAD_HINT
        ) from error
    require_complete(name, report["missing_keys"])
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise BackboneError(f"The backbone {name} has no fast tokenizer.", hint="Save it with a tokenizer.json.")
    require_fitting(
        name, tokenizer, model.config.to_dict(), rows=model.base_model.get_input_embeddings().weight.shape[0]
    )
    # model_name in published adapters is what their users load: the public name, not a path on this machine.
    model.config.name_or_path = name
    fingerprint = fingerprint_of(model, tokenizer)
    require_finite(name, model)
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
        masked_lm=masked_lm,
    )


# ImportError and AttributeError: what transformers raises for a folder without any form of the tokenizer.
_LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, TypeError, ImportError, AttributeError, SafetensorError)
_TOKENIZER_OPTIONS: dict[str, dict[str, bool]] = {"roberta": {"add_prefix_space": True}}
"""Byte-level tokenizers take words that are split already, as tagging gives them, only so."""
_LOAD_HINT = (
    "Give a folder with config.json, model.safetensors and tokenizer.json, or a name from `madx-stilts backbone list`."
)


def _checked_config(folder: Path) -> PretrainedConfig:
    """The config, refused before any model code runs unless its architecture is known here."""
    model_type = config_of(folder).get("model_type")
    if not isinstance(model_type, str):
        raise BackboneError(f"{folder} has no config.json that names its model_type.", hint=_LOAD_HINT)
    if model_type not in ANATOMIES:
        raise BackboneError(
            f"{folder} is a {model_type!r} model, which this package does not know.",
            hint=f"Known: {', '.join(ANATOMIES)}.",
        )
    config: PretrainedConfig = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    # adapters would make a head of the class that is named here, or fail where none is.
    config.architectures = None
    return config


def _warn(sentence: str) -> None:
    warnings.warn(sentence, stacklevel=3)
