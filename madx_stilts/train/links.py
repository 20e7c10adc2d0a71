"""Which pieces of a text and of its translation say the same, learned from nothing but texts and translations.

IBM Model 1 (Brown et al. 1993, "The Mathematics of Statistical Machine Translation", section 4) in both directions:
words translate each other that stand together in more pairs than others would explain. It knows neither order nor
language, so it serves a language that the backbone never saw, of which its states tell nothing yet.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from madx_stilts.score.predict import OnBatch, unwatched

Ids = NDArray[np.int64]
Chances = NDArray[np.float64]

_ROUNDS = 8
_LEAST = 0.01
"""Chances of both directions, multiplied, from which a link is believed."""
_ELSEWHERE = 0.1
"""What a link loses from the beginning of one text to the end of the other: of two equal words the nearer is meant."""
_LONGEST = 8
"""Pieces of a word; what is longer is no word but a text without spaces, and its pieces count as words."""


class Cutter:
    """Finds words in the pieces of texts.

    Args:
        tokenizer: It made the pieces.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        @cache
        def shown(piece: int) -> str:
            token = cast(list[str], tokenizer.convert_ids_to_tokens([piece]))
            return tokenizer.convert_tokens_to_string(["x", *token, "x"])[1:]

        self._shown = shown

    def words(self, text: Ids) -> list[range]:
        """Where each word or mark of a text stands.

        Args:
            text: *Shape:* ``(pieces,)``.
        """
        inner = (at for at, (last, piece) in enumerate(pairwise(text.tolist()), start=1) if self._parted(last, piece))
        found = [range(*ends) for ends in pairwise([0, *inner, len(text)])]
        return [part for word in found for part in (_single(word) if len(word) > _LONGEST else [word])]

    def _parted(self, last: int, piece: int) -> bool:
        return self._shown(piece)[:1].isspace() or self._is_mark(last) or self._is_mark(piece)

    def _is_mark(self, piece: int) -> bool:
        letters = self._shown(piece)[:-1].strip()
        return letters != "" and not any(letter.isalnum() for letter in letters)


class TranslationTable:
    """How likely each word is translated by each other one.

    Args:
        pairs: Pieces of each text and of its translation, at least one pair. Memory grows with their number.
        cutter: Finds the words.
        on_batch: Called after each round of the counting with how many are done and how many there are; what it
            raises ends that.
    """

    def __init__(self, pairs: Sequence[tuple[Ids, Ids]], cutter: Cutter, on_batch: OnBatch = unwatched) -> None:
        self._cutter = cutter
        self._numbers: tuple[dict[bytes, int], ...] = ({}, {})
        read = [(self._learn(text, 0), self._learn(other, 1)) for text, other in pairs]
        met = np.concatenate([self._meetings(text, other).ravel() for text, other in read])
        rounds = iter(range(1, 2 * _ROUNDS + 1))

        def counted() -> None:
            on_batch(next(rounds), 2 * _ROUNDS)

        self._known, kind = np.unique(met, return_inverse=True)
        texts, others = (np.array([len(pair[side]) for pair in read]) for side in (0, 1))
        # One number for each word of all texts, repeated for each word of the translation that it meets.
        of_text = np.repeat(np.arange(texts.sum()), np.repeat(others, texts))
        begins = np.cumsum(others) - others
        of_other = np.concatenate(
            [np.tile(np.arange(at, at + n), m) for at, n, m in zip(begins, others, texts, strict=True)]
        )
        self._forth = _learned(kind, of_text, given=self._known % self._base, counted=counted)
        self._back = _learned(kind, of_other, given=self._known // self._base, counted=counted)

    def links(self, text: Ids, other: Ids) -> Ids:
        """Where in a translation stands what each piece of the text says; -1: nowhere, or nobody knows.

        The first piece of a word is linked with the first of its translation, the last with the last, and those
        between with what lies as far from both.

        Args:
            text: *Shape:* ``(pieces,)``.
            other: Its translation. *Shape:* ``(other pieces,)``.

        Returns:
            *Shape:* ``(pieces,)``.
        """
        found = np.full(len(text), -1)
        here, there = self._cutter.words(text), self._cutter.words(other)
        for word, at in zip(here, self._best(self._read(text, 0), self._read(other, 1)), strict=True):
            if at >= 0:
                found[word] = np.linspace(there[at][0], there[at][-1], len(word)).round()
        return found

    def _best(self, text: Ids, other: Ids) -> list[int]:
        """Which word of a translation each word of a text is linked with; -1: none."""
        met = self._meetings(text, other)
        at = np.searchsorted(self._known, met).clip(max=len(self._known) - 1)
        known = self._known[at] == met
        both = _shares(self._forth[at] * known, axis=1) * _shares(self._back[at] * known, axis=0)
        apart = np.abs(np.subtract.outer(np.linspace(0, 1, len(text)), np.linspace(0, 1, len(other))))
        best = (both * (1 - _ELSEWHERE * apart)).argmax(axis=1)
        believed = np.take_along_axis(both, best[:, None], axis=1)[:, 0] >= _LEAST
        found: list[int] = np.where(believed, best, -1).tolist()
        return found

    def _words(self, text: Ids) -> Iterable[bytes]:
        return (text[word].tobytes() for word in self._cutter.words(text))

    def _learn(self, text: Ids, side: int) -> Ids:
        """A number for each word; those that are new get the next ones."""
        numbers = self._numbers[side]
        return np.array([numbers.setdefault(word, len(numbers)) for word in self._words(text)], dtype=np.int64)

    def _read(self, text: Ids, side: int) -> Ids:
        """A number for each word; unknown words have one that no other has."""
        numbers = self._numbers[side]
        return np.array([numbers.get(word, len(numbers)) for word in self._words(text)], dtype=np.int64)

    @property
    def _base(self) -> int:
        return len(self._numbers[1]) + 1

    def _meetings(self, text: Ids, other: Ids) -> Ids:
        """A number for each word of a text with each of its translation."""
        met: Ids = np.add.outer(text * self._base, other)
        return met


def _single(word: range) -> list[range]:
    return [range(at, at + 1) for at in word]


def _learned(kind: Ids, occurrence: Ids, *, given: Ids, counted: Callable[[], None]) -> Chances:
    """Chances of words given those that they translate, by expectation maximisation from equal ones.

    Args:
        kind: For each meeting of two words, which two they are.
        occurrence: For each meeting, which word of all texts it is that must have come from one that it meets.
        given: For each kind, the word that the other one is to have come from.
        counted: Called after each round.

    Returns:
        *Shape:* that of `given`.
    """
    chances = np.ones(len(given))
    for _ in range(_ROUNDS):
        share = chances[kind]
        share /= np.bincount(occurrence, share)[occurrence]
        counts = np.bincount(kind, share, minlength=len(given))
        chances = counts / np.bincount(given, counts)[given]
        counted()
    return chances


def _shares(chances: Chances, *, axis: int) -> Chances:
    total = chances.sum(axis=axis, keepdims=True)
    shares: Chances = np.divide(chances, total, out=np.zeros_like(chances), where=total > 0)
    return shares
