"""What each architecture is trained to do with texts: guess hidden words, hidden spans, or the next piece."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from madx_stilts.pretrain.tokenizer import SENTINELS

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Pieces:
    """What objectives know of a tokenizer's pieces.

    Args:
        begins: Whether each piece begins a word. *Shape:* ``(vocabulary,)``.
        special: Whether it is a special one. *Shape:* the same.
        closes: Whether it ends a sentence. *Shape:* the same.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        names = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self.special: Flags = np.isin(np.arange(len(names)), tokenizer.all_special_ids)
        # A mark such as a full stop is a word of its own, as the tokenizer splits it off.
        self.begins: Flags = self.special | np.array([name.startswith("▁") or not name.isalnum() for name in names])
        self.closes: Flags = np.isin(names, [".", "?"])
        self.ordinary: Ids = np.flatnonzero(~self.special)
        self.pad = int(tokenizer.pad_token_id)
        self.end = int(tokenizer.eos_token_id)
        self.mask = tokenizer.mask_token_id
        self.sentinels: Ids = np.array([tokenizer.convert_tokens_to_ids(f"<extra_id_{at}>") for at in range(SENTINELS)])


@dataclass(frozen=True)
class PretrainBatch:
    """A batch as the network sees it, and what it must guess.

    Args:
        inputs: What the network reads. *Shape of each:* ``(batch, tokens)``.
        where: At which positions of its hidden states it guesses. *Shape:* ``(batch, positions)``, bool.
        wanted: The pieces, in the order of `where`. *Shape:* ``(guesses,)``.
    """

    inputs: dict[str, Tensor]
    where: Tensor
    wanted: Tensor


Objective = Callable[[Ids, Pieces, tuple[float, float], np.random.Generator], PretrainBatch]
"""Makes an exercise of padded ids, with the share of words to hide (drawn between two for each text)."""

MASKED, RANDOM = 0.7, 0.2
"""What becomes of hidden pieces of an encoder: the mask, another piece, and else they stay visible."""


def hide_words(ids: Ids, pieces: Pieces, share: tuple[float, float], random: np.random.Generator) -> PretrainBatch:
    """Masked language modelling (arXiv 1810.04805) of whole words."""
    hidden = hidden_words(ids, pieces, share, random)
    how = random.random(ids.shape)
    other = pieces.ordinary[random.integers(len(pieces.ordinary), size=ids.shape)]
    seen = np.where(hidden & (how < MASKED), pieces.mask, ids)
    seen = np.where(hidden & (how >= MASKED) & (how < MASKED + RANDOM), other, seen)
    return _exercise({"input_ids": seen}, ids != pieces.pad, hidden, ids)


def show_all(ids: Ids, pieces: Pieces, share: tuple[float, float], random: np.random.Generator) -> PretrainBatch:
    """Causal language modelling: each piece is guessed from those before it."""
    following = np.concatenate([ids[:, 1:], np.full((len(ids), 1), pieces.pad)], axis=1)
    return _exercise({"input_ids": ids}, ids != pieces.pad, following != pieces.pad, following)


def hide_spans(ids: Ids, pieces: Pieces, share: tuple[float, float], random: np.random.Generator) -> PretrainBatch:
    """Span corruption (arXiv 1910.10683): neighbouring hidden words become one sentinel, and are told after it."""
    hidden = hidden_words(ids, pieces, share, random)
    first = hidden & ~np.pad(hidden, ((0, 0), (1, 0)))[:, :-1]
    number = np.cumsum(first, axis=1) - 1
    hidden &= number < SENTINELS
    sentinel = pieces.sentinels[np.clip(number, 0, SENTINELS - 1)]
    seen, told = [], []
    for row, real in enumerate(ids != pieces.pad):
        kept = real & (~hidden[row] | first[row])
        seen.append(np.where(hidden[row], sentinel[row], ids[row])[kept])
        both = np.stack([sentinel[row], ids[row]], axis=1)
        told.append(np.append(both[np.stack([first[row] & hidden[row], hidden[row]], axis=1)], pieces.end))
    texts, answers = padded(seen, pieces.pad), padded(told, pieces.pad)
    shifted = np.concatenate([np.full((len(ids), 1), pieces.pad), answers[:, :-1]], axis=1)
    inputs = {"input_ids": texts, "decoder_input_ids": shifted}
    return _exercise(inputs, texts != pieces.pad, answers != pieces.pad, answers)


def hidden_words(ids: Ids, pieces: Pieces, share: tuple[float, float], random: np.random.Generator) -> Flags:
    """Which pieces are hidden: those of some words, all pieces of a word or none, and at least one word of all.

    Args:
        share: Bounds of the share of its words that a text hides.
    """
    word = np.cumsum(pieces.begins[ids], axis=1, dtype=np.int64)
    draw = random.random((len(ids), int(word.max()) + 1))
    drawn = np.where(pieces.special[ids], 2.0, np.take_along_axis(draw, word, axis=1))
    limit = random.uniform(*share, size=(len(ids), 1))
    hidden: Flags = drawn < limit
    return hidden if hidden.any() else drawn == drawn.min()


def padded(rows: list[Ids], pad: int) -> Ids:
    """Rows of ids as one array. *Shape:* ``(rows, longest)``."""
    filled = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    for at, row in enumerate(rows):
        filled[at, : len(row)] = row
    return filled


def _exercise(inputs: dict[str, Ids], real: Flags, where: Flags, answers: Ids) -> PretrainBatch:
    tensors = {name: torch.from_numpy(values) for name, values in inputs.items()}
    tensors["attention_mask"] = torch.from_numpy(real.astype(np.int64))
    return PretrainBatch(tensors, torch.from_numpy(where), torch.from_numpy(answers[where]))
