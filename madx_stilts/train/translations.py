"""What parallel text can teach a language adapter beside guessing words: to leave the states that translations have.

The backbone without the adapter reads the translations, the backbone with it the texts. Pieces that say the same, and
the first tokens, are pulled together in every layer: what task adapters learned to read in one language, they find in
the other. Sentence embeddings are distilled across languages so (arXiv 2004.09813); here it is each piece in all
layers. Texts are read alone, in pairs and several in a frame, since what is pulled together in one frame may lie apart
in another.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, pairwise

import numpy as np
import torch
from torch import Tensor

from madx_stilts.data.batch import Batch, collate
from madx_stilts.formats.base import Encoded, EncodedBuilder
from madx_stilts.formats.frame import frame_of_pair, frame_of_text
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import activate
from madx_stilts.score.predict import OnBatch, unwatched
from madx_stilts.train.links import Cutter, Ids, TranslationTable

_SEGMENTS = ((1,), (1,), (1, 1), (1, 3), (1,), (1,), (1, 1), (3, 1))
"""How many texts stand in each segment of one frame after another."""
_LEARNED_FROM = 20_000
"""Windows at most that words are linked from, evenly taken: a million places where two words meet take 70 MB."""
_KEPT = 100_000
"""Windows whose texts and links are kept, since epochs come back to them."""
_INSIDE = -1
"""A mark that no piece has, to learn where a frame puts its texts."""


@dataclass(frozen=True)
class AlignedTexts:
    """Texts in one language, in their frames.

    Args:
        inputs: As for `Backbone.hidden`.
        inside: Which tokens are pieces of texts; the others are of a frame. In this order they are the pieces of the
            first text, of the second, and so on. *Shape:* ``(sequences, tokens)``.
    """

    inputs: dict[str, Tensor]
    inside: Tensor

    def to(self, device: torch.device) -> "AlignedTexts":
        """The same on another device."""
        return AlignedTexts({name: value.to(device) for name, value in self.inputs.items()}, self.inside.to(device))


class Translations:
    """What windows of a text and its translation hold, each of the two in a frame of its own, and what says the same.

    Args:
        backbone: Its tokenizer made the windows.
        encoded: All windows, `<s> text </s></s> translation </s>`.
        max_tokens: Of a sequence; texts that would be longer together do not stand in one.
        on_batch: Called now and then while words are linked.
    """

    def __init__(self, backbone: Backbone, encoded: Encoded, max_tokens: int, on_batch: OnBatch = unwatched) -> None:
        self._backbone = backbone
        self._max_tokens = max_tokens
        self._alone, self._pair = frame_of_text(backbone.words), frame_of_pair(backbone.words)
        self._encoded = encoded
        # A text is asked for again and again, but a million texts would take too much.
        self._texts = lru_cache(_KEPT)(self._halves)
        some = range(0, len(encoded), -(-len(encoded) // _LEARNED_FROM))
        pairs = [self._texts(window) for window in some]
        self._lexicon = TranslationTable(pairs, Cutter(backbone.tokenizer), on_batch)
        self._links_of = lru_cache(_KEPT)(lambda window: self._lexicon.links(*self._texts(window)))

    def distance(self, batch: Batch, stack: Sequence[str]) -> Tensor:
        """How far a stack leaves pieces from their translations: a squared distance as a share of the variance.

        The states of the translations are fixed, so there is no way round it by moving or shrinking those.

        Args:
            batch: Some of the windows, masked, on the backbone's device.
            stack: Names in the model; they stay active.

        Returns:
            The mean over layers, of pieces and of first tokens together. *Shape:* ``()``. Zero where nothing says the
            same, or in a single sequence, which has no variance.
        """
        windows = batch.groups.tolist()
        device = self._backbone.device
        texts, translations = (side.to(device) for side in self.sides(windows))
        here, there = (links.to(device) for links in self.links(windows))
        with torch.no_grad(), _scoring(self._backbone), self._backbone.autocast():
            activate(self._backbone, ())
            wanted = self._backbone.every_layer(translations.inputs)
        activate(self._backbone, stack)
        with self._backbone.autocast():
            found = self._backbone.every_layer(texts.inputs)
        if len(wanted[0]) < 2 or len(here) < 2:
            return 0.0 * found[-1].sum()
        gaps = [
            _gap(one[texts.inside][here], other[translations.inside][there]) + _gap(one[:, 0], other[:, 0])
            for one, other in ((one.float(), other.float()) for one, other in zip(found, wanted, strict=True))
        ]
        return torch.stack(gaps).mean()

    def sides(self, windows: Sequence[int]) -> tuple[AlignedTexts, AlignedTexts]:
        """The texts of some windows, and their translations in the same order and frames."""
        texts = [self._texts(window) for window in windows]
        frames = list(self._frames(texts))
        first, second = (self._side([pair[side] for pair in texts], frames) for side in (0, 1))
        return first, second

    def links(self, windows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Which pieces of the texts of some windows have a translation that is known, and which pieces these are.

        Returns:
            Numbers among all pieces of the texts, and of the translations. *Shape of each:* ``(links,)``.
        """
        here, there = list[Ids](), list[Ids]()
        before = [0, 0]
        for window in windows:
            links = self._links_of(window)
            linked = np.flatnonzero(links >= 0)
            here.append(before[0] + linked)
            there.append(before[1] + links[linked])
            before = [number + len(text) for number, text in zip(before, self._texts(window), strict=True)]
        return torch.from_numpy(np.concatenate(here)), torch.from_numpy(np.concatenate(there))

    def _halves(self, window: int) -> tuple[Ids, Ids]:
        """The text and its translation. Neither holds what stands between them in the frame."""
        frame = self._pair
        first, end = self._encoded.bounds[window : window + 2]
        inner = self._encoded.tokens["input_ids"][first + len(frame.before) : end - len(frame.after)].tolist()
        between = list(frame.between)
        cut = next(at for at in range(len(inner)) if inner[at : at + len(between)] == between)
        return np.array(inner[:cut]), np.array(inner[cut + len(between) :])

    def _frames(self, texts: Sequence[tuple[Ids, Ids]]) -> Iterator[list[range]]:
        """Which texts stand in each segment of each frame; fewer than wanted where they, or translations, are long."""
        room = self._max_tokens - len(self._pair.wrap([])["input_ids"])
        lengths = np.array([[len(side) for side in pair] for pair in texts])
        at = 0
        for wanted in cycle(_SEGMENTS):
            if at == len(texts):
                return
            total = np.cumsum(lengths[at : at + sum(wanted)], axis=0).max(axis=1)
            fit = max(1, int(np.count_nonzero(total <= room)))
            first = min(wanted[0], max(1, fit - 1))
            cuts = (at, at + first, at + fit)
            yield [range(*ends) for ends in pairwise(cuts) if ends[0] < ends[1]]
            at += fit

    def _side(self, texts: Sequence[Ids], frames: Sequence[Sequence[range]]) -> AlignedTexts:
        builder = EncodedBuilder()
        for segments in frames:
            pieces = [np.concatenate([texts[at] for at in segment]).tolist() for segment in segments]
            frame = self._pair if len(pieces) == 2 else self._alone
            marked = frame.wrap(*([_INSIDE] * len(text) for text in pieces))["input_ids"]
            builder.add({**frame.wrap(*pieces), "inside": [int(token == _INSIDE) for token in marked]}, {})
        encoded = builder.build()
        pad = self._backbone.tokenizer.pad_token_id
        batch = collate(encoded, np.arange(len(encoded)), pad_id=pad, labels=("inside",))
        return AlignedTexts(batch.inputs, batch.labels["inside"] == 1)


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
