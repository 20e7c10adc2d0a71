"""Translations kept together: a word shall not look otherwise because of its language.

A network that guesses words of many languages comes to hold each language apart from the others by an offset, most of
all in its last layer (arXiv 2004.05160), and what is learned on top of one language then misreads the others. Pulling
together the states of words that translate each other, each in its own sentence, brings languages together, as arXiv
2002.03518 does with models that are trained already; some offset stays where a word is hidden (benchmarks/README.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from madx_stilts.pretrain.objective import Flags, Ids, Pieces, padded

_COMPARED = 16
"""Translations of one step that are compared: they are read once more, each text alone."""
_TEMPERATURE = 0.1


@dataclass(frozen=True)
class Aligned:
    """Some texts and their translations, each in a frame of its own: first the texts, then all translations.

    Args:
        ids: In the frame ``<s> A </s>`` or ``<s> A </s> </s> B </s>``. *Shape:* ``(2 * pairs, tokens)``.
        word: Number of the word that a piece is a part of, the same in its translation; 0: none.
            *Shape:* the same.
        real: Where there is no padding. *Shape:* the same.
    """

    ids: Ids
    word: Ids
    real: Flags


def each_alone(ids: Ids, word: Ids, translated: Flags, pieces: Pieces, random: np.random.Generator) -> Aligned:
    """Take some translations out of the frame that they share with their text.

    Half of those that have several sentences are cut in two segments between the same two, in either order: tasks of
    pairs read so, and what was pulled together in one frame alone lies apart in the other.

    Args:
        ids: In the frame ``<s> A </s> </s> B </s>``, where B is the translation of A. *Shape:* ``(texts, tokens)``.
        word: As in `Aligned`. *Shape:* ``(texts, tokens)``.
        translated: Which texts are so; the others are left out. *Shape:* ``(texts,)``.
    """
    rows = np.flatnonzero(translated)
    # They are sorted by length; a few of each length are taken.
    chosen = rows[:: max(1, len(rows) // _COMPARED)][:_COMPARED]
    first, second = list[tuple[int, Ids]](), list[tuple[int, Ids]]()
    for row in chosen:
        end, _, last = np.flatnonzero(ids[row] == pieces.end)
        halves = np.arange(1, end), np.arange(end + 2, last)
        cuts = [np.flatnonzero(pieces.closes[ids[row, half]])[:-1] + 1 for half in halves]
        # In half of them at one of the places between two sentences, in the others, below 0, nowhere.
        cut = random.integers(-len(cuts[0]), len(cuts[0]) + 1) - 1
        turned = random.integers(2)
        for half, places, side in zip(halves, cuts, (first, second), strict=True):
            parts = np.split(half, places[cut : cut + 1]) if cut >= 0 else [half]
            side.append((row, _framed(parts[::-1] if turned else parts, int(last))))
    taken = first + second
    alone = padded([ids[row, at] for row, at in taken], pieces.pad)
    return Aligned(alone, padded([word[row, at] for row, at in taken], 0), alone != pieces.pad)


def _framed(parts: Sequence[Ids], end: int) -> Ids:
    """Where to take the pieces of one or two segments with their marks, of which the last is at `end`."""
    marks = np.array([end])
    between = chain.from_iterable((marks, marks, part) for part in parts[1:])
    return np.concatenate([np.array([0]), parts[0], *between, marks])


def apart(layers: Sequence[Tensor], word: Tensor) -> Tensor:
    """How badly translations of words are told from other words: a contrast in each layer, times its temperature.

    The cross entropy of finding a word's translation among all words of the step, those of its own language too, by the
    cosine of their states (NT-Xent of arXiv 2002.05709, as arXiv 2010.07972 does with sentences). A distance as a share
    of the variance would not do: a network can put nearly all variance into one direction that means nothing, and lie
    apart in all others (benchmarks/README.md).

    The mark before a text, from which a classifier reads, does not count: guessing words does not ask it to hold what a
    text says, so it would come to hold nothing (benchmarks/README.md).

    Args:
        layers: Hidden states of each layer, those of the translations after those of the texts.
            *Shape of each:* ``(2 * pairs, tokens, hidden)``.
        word: As in `Aligned`. *Shape:* ``(2 * pairs, tokens)``.

    Returns:
        The mean over words and layers. *Shape:* ``()``.
    """
    said = word > 0
    numbered = word + (int(word.max()) + 1) * torch.arange(len(word)).unsqueeze(1)
    _, which, pieces = numbered[said].unique(return_inverse=True, return_counts=True)
    return torch.stack([_contrast(states[said], which, pieces) for states in layers]).mean()


def _contrast(states: Tensor, which: Tensor, pieces: Tensor) -> Tensor:
    """The contrast in one layer.

    Args:
        states: Of pieces. *Shape:* ``(pieces, hidden)``.
        which: The word that each piece is a part of; the second half of the words translates the first.
            *Shape:* ``(pieces,)``.
        pieces: How many each word has. *Shape:* ``(words,)``.
    """
    words = states.new_zeros(len(pieces), states.shape[-1]).index_add(0, which, states) / pieces.unsqueeze(1)
    words = nn.functional.normalize(words - words.mean(dim=0), dim=-1)
    itself = torch.eye(len(words), dtype=torch.bool)
    likeness = (words @ words.T / _TEMPERATURE).masked_fill(itself, -torch.inf)
    translation = torch.arange(len(words)).roll(len(words) // 2)
    return _TEMPERATURE * nn.functional.cross_entropy(likeness, translation)
