"""Dictionary initialisation: a word begins near its translation, so that languages need not find each other.

RAMEN (arXiv 2002.07306) and WECHSEL (arXiv 2112.06598) build the embeddings of a new language from those of a known
one; here all begin together, from the random vectors of the source language and a dictionary.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from madx_stilts.miniature.languages import SOURCE

Vectors = NDArray[np.float32]
Dictionary = Sequence[tuple[str, str]]

_NEAR, _NOISE, _OF_LANGUAGE = 0.95, 0.3, 0.3
"""Weights of the translation's vector, of what a piece has alone, and of what all pieces of a language share."""
_STEM = 3
"""Letters that a piece must share with a word to be taken for a form of it."""


def near_translations(
    vectors: Vectors,
    tokenizer: PreTrainedTokenizerFast,
    texts: Mapping[str, Sequence[str]],
    dictionaries: Mapping[str, Dictionary],
    seed: int,
) -> Vectors:
    """Embeddings in which the pieces of the other languages lie near those of the source.

    Args:
        vectors: Random ones. *Shape:* ``(vocabulary, hidden)``.
        texts: Some text in each language, by code: a piece belongs to the language that uses it most; what the source
            language uses at all is the source's.
        dictionaries: Source words and their translations, by code. A word that begins a sentence counts as a
            translation of the same word in small letters.
        seed: Draws what a piece has alone and what a language has in common.

    Returns:
        *Shape:* as `vectors`.
    """
    random = np.random.default_rng(seed)
    result, spread = vectors.copy(), float(vectors.std())
    owners = _owners(tokenizer, texts)
    capitals = [(word, word.capitalize()) for dictionary in dictionaries.values() for word, _ in dictionary]
    for code, dictionary in ((SOURCE, sorted(set(capitals))), *sorted(dictionaries.items())):
        common = _OF_LANGUAGE * spread * random.standard_normal(vectors.shape[1])
        sources = _translations(tokenizer, dictionary, (piece for piece, owner in owners.items() if owner == code))
        for piece, source in sorted(sources.items()):
            alone = _NOISE * spread * random.standard_normal(vectors.shape[1])
            result[piece] = _NEAR * result[source].mean(axis=0) + alone + common
    return result


def _owners(tokenizer: PreTrainedTokenizerFast, texts: Mapping[str, Sequence[str]]) -> dict[int, str]:
    """The language of each piece that is used."""
    uses: dict[int, tuple[bool, int, str]] = {}
    for code, text in texts.items():
        encoded = tokenizer.backend_tokenizer.encode_batch(list(text), add_special_tokens=False)
        for piece, count in Counter(piece for line in encoded for piece in line.ids).items():
            uses[piece] = max(uses.get(piece, (False, 0, "")), (code == SOURCE, count, code))
    return {piece: code for piece, (_, _, code) in uses.items()}


def _translations(
    tokenizer: PreTrainedTokenizerFast, dictionary: Dictionary, pieces: Iterable[int]
) -> dict[int, list[int]]:
    """The source pieces that each piece translates: of all words that it begins, or is a form of."""
    begun: dict[int, list[int]] = {}
    words: dict[str, list[int]] = {}
    for source, translation in _both_cases(dictionary):
        told = tokenizer.encode(source, add_special_tokens=False)
        begun.setdefault(tokenizer.encode(translation, add_special_tokens=False)[0], []).extend(told)
        words.setdefault(f"▁{translation}", []).extend(told)
    found = {}
    for piece in pieces:
        name = str(tokenizer.convert_ids_to_tokens(piece))
        stem = next((words[name[:end]] for end in range(len(name), _STEM, -1) if name[:end] in words), [])
        if sources := begun.get(piece, stem):
            found[piece] = sources
    return found


def _both_cases(dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    """The words in small letters, and as they begin a sentence."""
    for source, translation in dictionary:
        yield source, translation
        if translation.capitalize() != translation:
            yield source.capitalize(), translation.capitalize()
