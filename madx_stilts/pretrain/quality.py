"""How good a backbone is: pieces guessed in each language, and translations found by its hidden states."""

from collections.abc import Mapping
from functools import cached_property
from itertools import count

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from madx_stilts.data.batch import collate
from madx_stilts.formats.base import Encoded
from madx_stilts.miniature import corpus
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.pretrain.network import ARCHITECTURES, Inputs, guess
from madx_stilts.pretrain.objective import Pieces, PretrainBatch
from madx_stilts.pretrain.plan import PretrainConfig
from madx_stilts.pretrain.text import TextDocument, encoded
from madx_stilts.score.predict import OnBatch, unwatched

ACCURACY, FOUND, CENTRED = "accuracy", "found", "found_centred"
"""What is measured."""

_SHARE = (0.15, 0.15)
_SEED = 1_000_003
"""Of documents that are not trained on, unless one happens to be written twice."""


class QualityMeter:
    """Measures a network on documents of its own."""

    def __init__(self, config: PretrainConfig, tokenizer: PreTrainedTokenizerFast) -> None:
        self.architecture = ARCHITECTURES[config.architecture]
        self.world = MiniatureWorld(config.text.world)
        self.tokenizer = tokenizer
        self.pieces = Pieces(tokenizer)
        self.documents = config.text.measured

    def measure(self, model: PreTrainedModel, on_batch: OnBatch = unwatched) -> dict[str, float]:
        """Percentages: `accuracy.qab`, and of retrieval among all documents `found.qab` and `found_centred.qab`.

        Retrieval looks, for each source document, for the translation whose mean hidden state of the last layer (of
        the encoder, where there are two) has the highest cosine; centred: after the mean of each language is taken
        away. Accuracy is that of what the architecture guesses, with 15 % of the words hidden.

        Args:
            on_batch: Called after each pass through the network: the documents of one language are one.
        """
        passes = count(1)
        batches = len(self._exercises) + 2 * len(self._pairs)
        scores = {}
        for code, exercise in self._exercises.items():
            scores[f"{ACCURACY}.{code}"] = self._accuracy(model, exercise)
            on_batch(next(passes), batches)
        for code, sides in self._pairs.items():
            means = []
            for side in sides:
                means.append(self._means(model, side))
                on_batch(next(passes), batches)
            one, other = means
            scores[f"{FOUND}.{code}"] = _found(one, other)
            scores[f"{CENTRED}.{code}"] = _found(one - one.mean(dim=0), other - other.mean(dim=0))
        return scores

    @torch.no_grad()
    def _accuracy(self, model: PreTrainedModel, exercise: PretrainBatch) -> float:
        states = self.architecture.states(model, exercise.inputs)
        right = guess(model, states[exercise.where]).argmax(dim=-1) == exercise.wanted
        # Sentinels and the end of a text are easily foreseen; what counts is words.
        return 100 * right[~torch.from_numpy(self.pieces.special)[exercise.wanted]].double().mean().item()

    @torch.no_grad()
    def _means(self, model: PreTrainedModel, inputs: Inputs) -> Tensor:
        real = inputs["attention_mask"].unsqueeze(-1)
        return (self.architecture.read(model, inputs) * real).sum(dim=1) / real.sum(dim=1)

    @cached_property
    def _exercises(self) -> Mapping[str, PretrainBatch]:
        texts = {code: list(corpus.documents(self.world, code, self.documents, _SEED)) for code in CONSTRUCTED}
        random = np.random.default_rng(_SEED)
        return {
            code: self.architecture.objective(self._batch(text)["input_ids"].numpy(), self.pieces, _SHARE, random)
            for code, text in texts.items()
        }

    @cached_property
    def _pairs(self) -> Mapping[str, tuple[Inputs, Inputs]]:
        found = {}
        for code in CONSTRUCTED:
            if code != SOURCE:
                # Some documents are written twice, which no search could tell apart.
                read = corpus.parallel(self.world, code, self.documents, _SEED)
                pairs = {source: other for source, other, _ in read}
                found[code] = self._batch(list(pairs)), self._batch(list(pairs.values()))
        return found

    def _batch(self, texts: list[str]) -> Inputs:
        text: Encoded = encoded(map(TextDocument, texts), self.tokenizer)
        return collate(text, np.arange(len(text)), pad_id=self.pieces.pad).inputs


def _found(one: Tensor, other: Tensor) -> float:
    """Share of rows that are nearest to the same row of the other, as a percentage."""
    likeness = nn.functional.normalize(one, dim=-1) @ nn.functional.normalize(other, dim=-1).T
    return 100 * (likeness.argmax(dim=1) == torch.arange(len(one))).double().mean().item()
