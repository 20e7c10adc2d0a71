"""What leaves a trunk, as plain tensors: taken out of the answers of its modules, and put back in their place."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.trunk import Answers, answers_of, leaving


@dataclass(frozen=True)
class TrunkOutputs:
    """The way out of one trunk.

    Args:
        places: Of the modules whose answers leave the trunk.
        pattern: What the modules answered to a try.
    """

    places: tuple[int, ...]
    pattern: Answers

    @staticmethod
    def of(backbone: Backbone, trunk: Trunk, inputs: dict[str, Tensor]) -> "TrunkOutputs":
        """Try a trunk of one layer or more on a batch; a small one will do."""
        return TrunkOutputs(tuple(leaving(backbone, trunk)), answers_of(backbone, trunk, inputs))

    @property
    def widths(self) -> list[tuple[torch.dtype, int]]:
        """For each tensor that leaves the trunk, of what numbers it is and how many there are for each token."""
        return [(state.dtype, state.shape[-1]) for state in self.taken(self.pattern)]

    def taken(self, answers: Answers) -> list[Tensor]:
        """The hidden states. *Shape of each:* ``(sequences, tokens, hidden)``."""
        return [_first(answers[place]) for place in self.places]

    def put(self, states: list[Tensor]) -> Answers:
        """The answers with these states in them.

        Args:
            states: As `taken` gives them; at padding they may be anything finite.
        """
        # What the embeddings answer is only handed on to layers that do not run: any states of this shape will do.
        answers: Answers = {place: states[0] if place == 0 else known for place, known in self.pattern.items()}
        for place, state in zip(self.places, states, strict=True):
            known = self.pattern[place]
            answers[place] = (state, *known[1:]) if isinstance(known, tuple) else state
        return answers


def _first(answer: Any) -> Tensor:
    state: Tensor = answer[0] if isinstance(answer, tuple) else answer
    return state
