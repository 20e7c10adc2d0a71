"""Hidden states of training examples where they leave the trunk, computed once and kept on disk.

They are used again in every epoch, by every training with the same trunk and the same inputs, in any process. Each is
computed in a batch of its own kind, not in the batch that it is used in, so that it differs from what would be computed
there by rounding. What is trained so has a recipe that says it, and thereby an id of its own.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from madx_stilts.data.array_cache import ArrayCache, ArrayLayout, Arrays, Kind, megabytes
from madx_stilts.data.batch import Batch
from madx_stilts.errors import MemoryLimitError, StorageError
from madx_stilts.files import digest
from madx_stilts.formats.base import Encoded
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.attach import attach
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.memory import told_as_memory
from madx_stilts.nets.stacking import activate
from madx_stilts.nets.trunk import Answers, answers_of
from madx_stilts.nets.trunk_outputs import TrunkOutputs
from madx_stilts.recipe import Recipe
from madx_stilts.score.predict import OnBatch, batches, first_inputs, unwatched
from madx_stilts.score.progress import ProgressLines
from madx_stilts.train.batches import PartBatches
from madx_stilts.zoo.store import Zoo

_VERSION = 1
"""Raised when what is kept, or how it is computed, changes."""
_KINDS: dict[torch.dtype, Kind] = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
_SEEN = ("input_ids", "token_type_ids")
_LIVE = "The trunk is computed for each batch."


@dataclass(frozen=True)
class TrunkStates:
    """What leaves a trunk for each example of some data.

    Args:
        outlet: Of the trunk.
        encoded: The data.
        arrays: The states of all tokens, one array for each tensor that leaves the trunk.
        device: Where they are wanted.
    """

    outlet: TrunkOutputs
    encoded: Encoded
    arrays: Arrays
    device: torch.device

    def known(self, micro: Batch) -> tuple[Tensor, Answers]:
        """What `run_once` takes for a batch of these data."""
        tokens = micro.inputs["input_ids"]
        states = []
        for (dtype, width), kept in zip(self.outlet.widths, self.arrays.values(), strict=True):
            padded = np.zeros((*tokens.shape, width), dtype=kept.dtype)
            for row, (start, end) in enumerate(self._places(micro)):
                padded[row, : end - start] = kept[start:end]
            states.append(torch.from_numpy(padded).view(dtype).to(self.device))
        return tokens, self.outlet.put(states)

    def fill(self, backbone: Backbone, trunk: Trunk, on_batch: OnBatch = unwatched) -> None:
        """Compute all of them, with the adapters that are active."""
        for batch in batches(backbone, self.encoded, on_batch):
            taken = self.outlet.taken(answers_of(backbone, trunk, batch.inputs))
            for state, kept in zip(taken, self.arrays.values(), strict=True):
                values = _as_numpy(state)
                for row, (start, end) in enumerate(self._places(batch)):
                    kept[start:end] = values[row, : end - start]

    def _places(self, batch: Batch) -> list[tuple[int, int]]:
        """Where the tokens of each sequence of a batch begin and end among all."""
        bounds, group = self.encoded.bounds, self.encoded.group
        sequences = (batch.groups[:, None] * group + np.arange(group)).ravel()
        return list(zip(bounds[sequences].tolist(), bounds[sequences + 1].tolist(), strict=True))


@dataclass(frozen=True)
class TrunkCache:
    """Keeps what leaves trunks.

    Args:
        backbone: Shared by all trainings.
        zoo: Where language adapters come from.
        shelf: Where files are.
        tell: Told, as a sentence, how large each file is before it is made, and why something is not kept.
    """

    backbone: Backbone
    zoo: Zoo
    shelf: ArrayCache
    tell: Callable[[str], None]

    def opened(
        self, using: ExitStack, trunk: Trunk, recipe: Recipe, supplies: Sequence[PartBatches]
    ) -> dict[int, TrunkStates]:
        """The states of a training's examples, computed if they are not kept yet.

        Args:
            using: As long as it is open, they stay where they are.
            trunk: Of the training.
            supplies: Of each part of the recipe.

        Returns:
            By the number of the part. Of masked language modelling none, since what is hidden changes from step to
            step. None at all if there is nothing to save, or no room for all of them; the reason is told.

        Raises:
            AdapterError: A language adapter is missing, damaged or made for another backbone.
        """
        wanted = {at: supply for at, supply in enumerate(supplies) if not supply.masks}
        if trunk.layers == 0 or not wanted:
            lowest = "an adapter stands in the lowest layer (method.leave_out names layers without one)"
            why = lowest if trunk.layers == 0 else "masked language modelling hides other pieces in each step"
            self.tell(f"Trunk cache: nothing to keep, for {why}.")
            return {}
        languages = [below for below in recipe.below if self.zoo.card(below).recipe.models_language]
        activate(self.backbone, attach(self.backbone, self.zoo, languages))
        self.backbone.model.eval()
        found = {}
        try:
            with ExitStack() as opening:
                for at, supply in wanted.items():
                    name = f"{recipe.parts[at].task}@{recipe.parts[at].language}"
                    found[at] = self._one(opening, trunk, languages, supply.encoded, name)
                using.enter_context(opening.pop_all())
        except (StorageError, MemoryLimitError) as error:
            self.tell(f"Trunk cache: {name} is not kept. {error.message} {_LIVE}")
            return {}
        return found

    def _one(
        self, opening: ExitStack, trunk: Trunk, languages: Sequence[str], encoded: Encoded, name: str
    ) -> TrunkStates:
        """The states of one part's examples."""
        outlet = TrunkOutputs.of(self.backbone, trunk, first_inputs(self.backbone, encoded))
        tokens = int(encoded.bounds[-1])
        shapes = {f"states.{at}": (_KINDS[dtype], (tokens, width)) for at, (dtype, width) in enumerate(outlet.widths)}
        layout = ArrayLayout(shapes)
        key = self._key(trunk, languages, encoded, layout)
        sizes = " + ".join(f"{width} {kind}" for kind, (_, width) in shapes.values())
        size = f"{len(encoded)} examples, {tokens} tokens x ({sizes}) = {megabytes(layout.file_bytes)}"
        begins = "is read from" if self.shelf.has(key) else "is computed once and kept in"
        self.tell(f"Trunk cache: {name} {begins} {self.shelf.folder}: {size}.")

        def say(sentence: str) -> None:
            self.tell(f"Trunk cache: {sentence}")

        def fill(arrays: Arrays) -> None:
            with told_as_memory(f"Computing the trunk for {name}", hint="Try --precision bf16."):
                TrunkStates(outlet, encoded, arrays, self.backbone.device).fill(
                    self.backbone, trunk, ProgressLines(say, name)
                )

        arrays = opening.enter_context(self.shelf.opened(key, layout, fill, say))
        return TrunkStates(outlet, encoded, arrays, self.backbone.device)

    def _key(self, trunk: Trunk, languages: Sequence[str], encoded: Encoded, layout: ArrayLayout) -> str:
        """A name for all that decides the states, to the last bit on one machine."""
        cards = [self.zoo.card(language) for language in languages]
        return digest(
            {
                "version": [_VERSION, torch.__version__],
                "backbone": self.backbone.fingerprint,
                "computed": [self.backbone.precision, self.backbone.device.type],
                "trunk": [trunk.layers, trunk.into_next],
                "languages": [[card.id, dict(card.files)] for card in cards],
                "inputs": _fingerprint(encoded),
                "layout": {name: [kind, list(shape)] for name, (kind, shape) in layout.shapes.items()},
            }
        )


def _fingerprint(encoded: Encoded) -> str:
    """Of what a trunk sees of some data, and of the batches that it sees together."""
    result = hashlib.sha256(f"{encoded.group} {encoded.bounds.shape}".encode())
    result.update(np.ascontiguousarray(encoded.bounds).data)
    for name in _SEEN:
        if name in encoded.tokens:
            result.update(name.encode())
            result.update(np.ascontiguousarray(encoded.tokens[name]).data)
    return result.hexdigest()


def _as_numpy(state: Tensor) -> "np.ndarray[tuple[int, int, int], np.dtype[np.generic]]":
    """The numbers of a tensor; of bf16, which numpy does not have, the bits."""
    here = state.detach().cpu().contiguous()
    if here.dtype == torch.bfloat16:
        return here.view(torch.uint16).numpy()
    return here.numpy()
