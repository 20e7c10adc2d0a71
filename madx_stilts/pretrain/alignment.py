"""Translations kept together: what a text says shall not look otherwise because of its language.

A network that guesses words of many languages comes to hold each language apart from the others by an offset, most of
all in its last layer (arXiv 2004.05160), and what is learned on top of one language then misreads the others. Pulling
the states of translations together takes the offset away, as others do for models that are trained already (arXiv
2002.03518) or with contrasts to other texts (arXiv 2010.07972).
"""

import torch
from torch import Tensor

from madx_stilts.pretrain.objective import Pieces


def apart(states: Tensor, ids: Tensor, translated: Tensor, pieces: Pieces) -> Tensor:
    """How far texts lie from their translations: the squared distance between the mean states of both segments.

    It is measured in the variance of all these states, which no gradient flows through, so that shrinking them does not
    help; texts without a translation count as 0.

    Args:
        states: *Shape:* ``(texts, tokens, hidden)``.
        ids: In the frame ``<s> A </s> </s> B </s>``. *Shape:* ``(texts, tokens)``.
        translated: Which texts are translations of each other in A and B. *Shape:* ``(texts,)``, bool.

    Returns:
        Its mean over all texts. *Shape:* ``()``.
    """
    if not translated.any():
        return states.new_zeros(())
    states, ids = states[translated], ids[translated]
    ends = ids.eq(pieces.end).cumsum(dim=1)
    said = ~torch.from_numpy(pieces.special)[ids] | ids.eq(pieces.mask)
    first, second = (_mean(states, said & ends.eq(number)) for number in (0, 2))
    spread = states[said].detach().var(dim=0).sum()
    return (first - second).square().sum() / spread / len(translated)


def _mean(states: Tensor, where: Tensor) -> Tensor:
    """*Shape:* ``(texts, hidden)``."""
    weights = where.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(dim=1) / weights.sum(dim=1)
