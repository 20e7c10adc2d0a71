"""What parallel text can teach a language adapter beside guessing words: to leave the states that translations have.

The backbone without the adapter reads the translations, the backbone with it the texts, and means over each text and
the states of the first token are pulled together in every layer: what task adapters learned to read in one language,
they find in the other. Sentence embeddings are distilled across languages so (arXiv 2004.09813), here all layers are.
Texts are read alone and in pairs, since what is pulled together in one frame may lie apart in the other.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from madx_stilts.data.batch import Batch, collate
from madx_stilts.formats.base import IGNORED, EncodedBuilder
from madx_stilts.formats.frame import Frame, frame_of_pair, frame_of_text
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate

Ids = list[int]
_EVERY = 4
"""Of so many texts, two are read as one pair and the others alone."""
_FIRST, _SECOND = -1, -2
"""Marks that no piece has, to learn where a frame puts its texts."""


@dataclass(frozen=True)
class Side:
    """Texts in one language, in their frames.

    Args:
        inputs: As for `Backbone.hidden`.
        text: Which of the side's texts a token is a piece of, counted from 0; negative: none.
            *Shape:* ``(sequences, tokens)``.
    """

    inputs: dict[str, Tensor]
    text: Tensor

    def to(self, device: torch.device) -> "Side":
        """The same on another device."""
        return Side({name: value.to(device) for name, value in self.inputs.items()}, self.text.to(device))


class Translations:
    """Takes batches of masked windows of a text and its translation apart.

    Args:
        backbone: Its tokenizer made the windows.
        max_tokens: Of a sequence; two texts that are longer together are read alone.
    """

    def __init__(self, backbone: Backbone, max_tokens: int) -> None:
        self._backbone = backbone
        self._max_tokens = max_tokens
        self._alone, self._pair = frame_of_text(backbone.words), frame_of_pair(backbone.words)

    def distance(self, batch: Batch, stack: Sequence[str]) -> Tensor:
        """How far a stack leaves texts from their translations: a squared distance as a share of the variance.

        The states of the translations are fixed, so there is no way round it by moving or shrinking those.

        Args:
            batch: Masked windows `<s> text </s></s> translation </s>`, on the backbone's device.
            stack: Names in the model; they stay active.

        Returns:
            The mean over layers, of texts and of first tokens together. *Shape:* ``()``. Zero for a single sequence,
            which has no variance.
        """
        texts, translations = self.sides(batch)
        with torch.no_grad(), _scoring(self._backbone), self._backbone.autocast():
            activate(self._backbone, ())
            wanted = self._backbone.every_layer(translations.inputs)
        activate(self._backbone, stack)
        with self._backbone.autocast():
            found = self._backbone.every_layer(texts.inputs)
        if len(wanted[0]) < 2:
            return 0.0 * found[-1].sum()
        gaps = [
            _gap(_means(one, texts.text), _means(other, translations.text)) + _gap(one[:, 0], other[:, 0])
            for one, other in ((one.float(), other.float()) for one, other in zip(found, wanted, strict=True))
        ]
        return torch.stack(gaps).mean()

    def sides(self, batch: Batch) -> tuple[Side, Side]:
        """The texts, and their translations in the same order and frames, nothing hidden."""
        labels, ids = batch.labels["label"], batch.inputs["input_ids"]
        whole = torch.where(labels == IGNORED, ids, labels).cpu().numpy()
        real = batch.inputs["attention_mask"].bool().cpu().numpy()
        texts = [self._halves(row[there].tolist()) for row, there in zip(whole, real, strict=True)]
        groups = list(self._groups(texts))
        first, second = (self._side([pair[side] for pair in texts], groups).to(ids.device) for side in (0, 1))
        return first, second

    def _halves(self, window: Ids) -> tuple[Ids, Ids]:
        """The text and its translation. Neither holds what stands between them in the frame."""
        frame = self._pair
        before, between, after = (list(part) for part in (frame.before, frame.between, frame.after))
        inner = window[len(before) : len(window) - len(after)]
        cut = next(at for at in range(len(inner)) if inner[at : at + len(between)] == between)
        return inner[:cut], inner[cut + len(between) :]

    def _groups(self, texts: Sequence[tuple[Ids, Ids]]) -> Iterator[range]:
        """Which texts are read in one frame: one, or two where these fit with their translations too."""
        room = self._max_tokens - len(self._pair.wrap([])["input_ids"])
        at = 0
        while at < len(texts):
            one, *others = texts[at : at + 2]
            fit = all(len(one[side]) + len(other[side]) <= room for other in others for side in (0, 1))
            group = range(at, at + (2 if at % _EVERY == 0 and others and fit else 1))
            yield group
            at = group.stop

    def _side(self, texts: Sequence[Ids], groups: Sequence[range]) -> Side:
        builder = EncodedBuilder()
        for group in groups:
            pieces = [texts[at] for at in group]
            frame = self._pair if len(pieces) == 2 else self._alone
            builder.add({**frame.wrap(*pieces), "text": _places(frame, pieces, group.start)}, {})
        encoded = builder.build()
        pad = self._backbone.tokenizer.pad_token_id
        batch = collate(encoded, np.arange(len(encoded)), pad_id=pad, labels=("text",))
        return Side(batch.inputs, batch.labels["text"])


def _places(frame: Frame, pieces: Sequence[Ids], at: int) -> list[int]:
    """For each token of the frame the number of its text, the first being `at`; -1: it is of the frame."""
    marked = frame.wrap(*([mark] * len(text) for mark, text in zip((_FIRST, _SECOND), pieces, strict=False)))
    return [{_FIRST: at, _SECOND: at + 1}.get(token, -1) for token in marked["input_ids"]]


def _means(states: Tensor, text: Tensor) -> Tensor:
    """The mean state of each text. *Shape:* ``(texts, hidden)``."""
    inside = text >= 0
    which = text[inside]
    count = torch.bincount(which).unsqueeze(1)
    sums = states.new_zeros(len(count), states.shape[-1]).index_add(0, which, states[inside])
    return sums / count


def _gap(found: Tensor, wanted: Tensor) -> Tensor:
    return (found - wanted).square().sum(dim=-1).mean() / wanted.var(dim=0).sum()


@contextmanager
def _scoring(backbone: Backbone) -> Iterator[None]:
    """No dropout inside the block; after it, each module is as it was."""
    training = [module for module in backbone.base.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True
