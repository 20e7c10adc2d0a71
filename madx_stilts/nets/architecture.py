"""Where the parts of a backbone sit, per architecture, as data. A new encoder is one more line in `ANATOMIES`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import nn

from madx_stilts.errors import BackboneError


@dataclass(frozen=True)
class MaskedLm:
    """Names in checkpoints of the parts of the masked language modelling head.

    Args:
        dense: The projection before the activation.
        norm: The normalisation after it.
        decoder: The projection to the vocabulary.
        bias: Its bias, which has a name of its own.
        activation: Name of the activation; None: it is the config's `hidden_act`.
    """

    dense: str
    norm: str
    decoder: str
    bias: str
    activation: str | None = None


@dataclass(frozen=True)
class Architecture:
    """Paths of a backbone's parts, from its base model, as `nn.Module.get_submodule` takes them.

    Args:
        embeddings: Everything before the first layer.
        layers: The list of layers.
        before_output_adapter: Parts of one layer that run before its output adapter, from the layer.
        handed_on: Those of them whose answers the output adapter is given; the answers of the others reach it through
            these alone. None: it is not known, and only whole layers are shared between learners.
        masked_lm: The masked language modelling head in checkpoints.
    """

    embeddings: str
    layers: str
    before_output_adapter: tuple[str, ...]
    handed_on: tuple[str, ...]
    masked_lm: MaskedLm

    def layer_list(self, base: nn.Module) -> nn.ModuleList:
        """The layers, bottom first.

        Raises:
            BackboneError: There is no list of layers where one should be.
        """
        layers = base.get_submodule(self.layers)
        if not isinstance(layers, nn.ModuleList):
            raise BackboneError(
                f"{type(base).__name__}.{self.layers} is a {type(layers).__name__}, not a list of layers."
            )
        return layers


BERT = Architecture(
    embeddings="embeddings",
    layers="encoder.layer",
    before_output_adapter=("attention", "intermediate", "output.dense", "output.dropout"),
    handed_on=("attention", "output.dropout"),
    masked_lm=MaskedLm(
        dense="cls.predictions.transform.dense",
        norm="cls.predictions.transform.LayerNorm",
        decoder="cls.predictions.decoder",
        bias="cls.predictions.bias",
    ),
)
ROBERTA = replace(
    BERT,
    masked_lm=MaskedLm(
        dense="lm_head.dense",
        norm="lm_head.layer_norm",
        decoder="lm_head.decoder",
        bias="lm_head.bias",
        activation="gelu",
    ),
)
ANATOMIES: dict[str, Architecture] = {"bert": BERT, "roberta": ROBERTA, "xlm-roberta": ROBERTA}
"""By `model_type` of the backbone's config. Other types are refused, so that no config decides which code runs.
How each numbers its tokens is in `positions.COUNTINGS`."""


@dataclass(frozen=True)
class Trunk:
    """The part of a backbone below every adapter that is trained or that differs between learners.

    It needs no gradient, and it runs without dropout, alone and in lockstep alike, so that both are one recipe.

    Args:
        layers: How many whole layers belong to it.
        into_next: Whether it reaches into the next layer, up to its output adapter.
    """

    layers: int
    into_next: bool

    def modules(self, base: nn.Module, anatomy: Architecture) -> Iterator[nn.Module]:
        """The modules of the trunk."""
        yield base.get_submodule(anatomy.embeddings)
        layers = anatomy.layer_list(base)
        yield from layers[: self.layers]
        if self.into_next and self.layers < len(layers):
            yield from (layers[self.layers].get_submodule(path) for path in anatomy.before_output_adapter)
