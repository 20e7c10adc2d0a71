"""Translations kept together: what a text says shall not look otherwise because of its language.

A network that guesses words of many languages comes to hold each language apart from the others by an offset, most of
all in its last layer (arXiv 2004.05160), and what is learned on top of one language then misreads the others. Pulling
the states of translations together takes the offset away, as others do for models that are trained already (arXiv
2002.03518) or with contrasts to other texts (arXiv 2010.07972).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from madx_stilts.pretrain.objective import Flags, Ids, Pieces, padded

_COMPARED = 16
"""Translations of one step that are compared: they are read once more, each text alone."""


def each_alone(ids: Ids, translated: Flags, pieces: Pieces) -> Ids:
    """Some texts and their translations, each in a frame of its own.

    Args:
        ids: In the frame ``<s> A </s> </s> B </s>``. *Shape:* ``(texts, tokens)``.
        translated: Which texts are translations of each other in A and B. *Shape:* ``(texts,)``.

    Returns:
        First all A as ``<s> A </s>``, then all B in the same order. *Shape:* ``(2 * pairs, tokens)``.
    """
    rows = np.flatnonzero(translated)
    # They are sorted by length; a few of each length are taken.
    chosen = rows[:: max(1, len(rows) // _COMPARED)][:_COMPARED]
    first, second = [], []
    for row in ids[chosen]:
        end, _, last = np.flatnonzero(row == pieces.end)
        first.append(row[: end + 1])
        second.append(np.concatenate([row[:1], row[end + 2 : last + 1]]))
    return padded(first + second, pieces.pad)


def apart(layers: Sequence[Tensor], words: Tensor) -> Tensor:
    """How far texts lie from their translations: the squared distance of their means, as a share of the variance.

    Means are over the words of a text; the variance is that of the states of all words, so that shrinking all states
    changes nothing. The mark before the words, from which a classifier reads, does not count: guessing words does not
    ask it to hold what a text says, so it would come to hold nothing (benchmarks/README.md).

    Args:
        layers: Hidden states of each layer, those of the translations after those of the texts.
            *Shape of each:* ``(2 * pairs, tokens, hidden)``.
        words: Where there are words. *Shape:* ``(2 * pairs, tokens)``, bool.

    Returns:
        The mean over pairs and layers. *Shape:* ``()``.
    """
    weights = words.unsqueeze(-1).to(layers[0].dtype)
    distances = []
    for states in layers:
        first, second = ((states * weights).sum(dim=1) / weights.sum(dim=1)).chunk(2)
        distances.append((first - second).square().sum(dim=-1).mean() / states[words].var(dim=0).sum())
    return torch.stack(distances).mean()
