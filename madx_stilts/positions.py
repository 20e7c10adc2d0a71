"""What a backbone has room for, by what its config says: tokens of a sequence, layers. No torch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from madx_stilts.errors import UsageError
from madx_stilts.recipe import Method, TrainSettings, why_dies

_USUAL_POSITIONS: Final = 512
"""Where a config does not say, as in `transformers`."""


@dataclass(frozen=True)
class PositionScheme:
    """How an architecture numbers the tokens of a sequence.

    Args:
        pad: The padding id that a config without one means. Positions are counted from it on, so that it and all
            below are never a token's; None: positions are counted from 0.
    """

    pad: int | None = None

    def longest(self, config: Mapping[str, object]) -> int | None:
        """The tokens of the longest sequence, special ones included; None: the config has no number of positions."""
        positions = config.get("max_position_embeddings", _USUAL_POSITIONS)
        pad = config.get("pad_token_id", self.pad)
        if not isinstance(positions, int):
            return None
        return positions if self.pad is None else positions - (pad if isinstance(pad, int) else self.pad) - 1


COUNTINGS: Final[Mapping[str, PositionScheme]] = {
    "bert": PositionScheme(),
    "roberta": PositionScheme(pad=1),
    "xlm-roberta": PositionScheme(pad=1),
}
"""By `model_type`; the same types as in `nets.anatomy`."""


@dataclass(frozen=True)
class ModelLimits:
    """Limits of a backbone: positions, layers, embeddings.

    Args:
        name: What it is called in messages.
        tokens: Of the longest sequence that it has positions for, special ones included; None: not known.
        layers: How many it has; None: not known.
    """

    name: str
    tokens: int | None = None
    layers: int | None = None

    @classmethod
    def of(cls, name: str, config: Mapping[str, object]) -> "ModelLimits":
        """What a `config.json` says."""
        counting, layers = COUNTINGS.get(str(config.get("model_type"))), config.get("num_hidden_layers")
        return cls(name, counting.longest(config) if counting else None, layers if isinstance(layers, int) else None)

    def faults(self, method: Method, train: TrainSettings) -> Iterator[str]:
        """What of a training cannot be done on it, in clauses."""
        if dying := why_dies(method, train):
            yield dying
        if self.tokens is not None and train.max_tokens > self.tokens:
            yield f"max_tokens is {train.max_tokens}, and {self.name} has positions for {self.tokens} tokens"
        if self.layers is not None and any(layer >= self.layers for layer in method.leave_out):
            yield (
                f"leave_out names layer {max(method.leave_out)}, and {self.name} has the layers 0 to {self.layers - 1}"
            )
        if self.layers is not None and {*range(self.layers)} <= {*method.leave_out}:
            yield f"leave_out names all {self.layers} layers of {self.name}, so that no layer has an adapter"

    def require(self, method: Method, train: TrainSettings) -> None:
        """It has room for a training.

        Raises:
            UsageError: It has not.
        """
        for fault in self.faults(method, train):
            raise UsageError(f"It cannot be trained so: {fault}.", hint=self._hint(train))

    def require_layer(self, layer: int) -> None:
        """It has this layer.

        Args:
            layer: Counted from 1.

        Raises:
            UsageError: It has not, as far as is known.
        """
        if layer < 1 or (self.layers is not None and layer > self.layers):
            known = f"{self.name} has the layers 1 to {self.layers}" if self.layers else "Layers are counted from 1"
            raise UsageError(f"There is no layer {layer}.", hint=f"{known}.")

    def _hint(self, train: TrainSettings) -> str:
        if self.tokens is not None and train.max_tokens > self.tokens:
            return f"Give --max-tokens {self.tokens} or less, or set train.max_tokens so in the config."
        return "Change it in the config, or with --set."
