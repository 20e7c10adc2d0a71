"""How many tokens a backbone can read at once: as many as it has positions, by what its config says. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from madx_stilts.errors import UsageError

DEFAULT_POSITIONS: Final = 512
"""Where a config does not say, as in `transformers`."""


@dataclass(frozen=True)
class Counting:
    """How an architecture numbers the tokens of a sequence.

    Args:
        pad: The padding id that a config without one means. Positions are counted from it on, so that it and all
            below are never a token's; None: positions are counted from 0.
    """

    pad: int | None = None

    def longest(self, config: Mapping[str, object]) -> int:
        """The tokens of the longest sequence, special ones included.

        Args:
            config: What `config.json` says.
        """
        positions = config.get("max_position_embeddings", DEFAULT_POSITIONS)
        if not isinstance(positions, int):
            return 0
        if self.pad is None:
            return positions
        pad = config.get("pad_token_id", self.pad)
        return positions - (pad if isinstance(pad, int) else self.pad) - 1


COUNTINGS: Final[Mapping[str, Counting]] = {
    "bert": Counting(),
    "roberta": Counting(pad=1),
    "xlm-roberta": Counting(pad=1),
}
"""By `model_type`; the same types as in `nets.anatomy`."""


def longest_sequence(config: Mapping[str, object]) -> int | None:
    """The tokens of the longest sequence that a backbone reads; None: its type is not known.

    Args:
        config: What its `config.json` says.
    """
    counting = COUNTINGS.get(str(config.get("model_type")))
    return None if counting is None else counting.longest(config)


def why_too_long(max_tokens: int, backbone: str, longest: int | None) -> str:
    """Why a backbone cannot read sequences of a length, as a clause; empty: it can, or its limit is not known."""
    if longest is None or max_tokens <= longest:
        return ""
    return f"max_tokens is {max_tokens}, and {backbone} has positions for {longest} tokens"


def require_positions(max_tokens: int, backbone: str, longest: int | None) -> None:
    """A backbone can read sequences of a length.

    Raises:
        UsageError: It has fewer positions.
    """
    if reason := why_too_long(max_tokens, backbone, longest):
        raise UsageError(
            f"The setting {reason}.",
            hint=f"Give --max-tokens {longest} or less, or set train.max_tokens so in the config.",
        )
