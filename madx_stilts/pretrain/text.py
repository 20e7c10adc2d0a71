"""What a backbone reads: documents of the miniature, some with their translation, some with words of two languages."""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import cycle, islice
from typing import NamedTuple, TypeVar

from tokenizers import Encoding
from transformers import PreTrainedTokenizerFast

from madx_stilts.formats.base import Encoded, EncodedBuilder
from madx_stilts.miniature import corpus
from madx_stilts.miniature.corpus import Span, Translation
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.pretrain.plan import PretrainConfig, TextConfig
from madx_stilts.pretrain.tokenizer import tokenizer_of

SEEN = tuple(code for code, language in CONSTRUCTED.items() if language.seen)
"""Languages that backbones are trained on, the source first."""
OTHERS = tuple(code for code in SEEN if code != SOURCE)
_SAMPLE = 12_000
"""Documents that a tokenizer is trained on: some more would give the same pieces."""
_CHUNK = 4096
_BETWEEN_SENTENCES = re.compile(r"(?<=[.?]) ")

T = TypeVar("T")


class TextDocument(NamedTuple):
    """What is read at once: a text, or two segments.

    Args:
        translated: Whether the second segment says the same as the first.
        words: Where words of the first and of the second stand that are translations of each other.
    """

    first: str
    second: str = ""
    translated: bool = False
    words: Sequence[tuple[Span, Span]] = ()


@dataclass(frozen=True)
class TokenizedCorpus:
    """A tokenizer and what is read with it.

    Args:
        text: Encoded with the architecture's frame; its rows say which documents are `translated`, and in these
            `word` numbers the words that are translations of each other, from 1 on; 0: any other piece.
        alone: Documents in one language each, by language: what its words and pieces are counted on.
    """

    tokenizer: PreTrainedTokenizerFast
    text: Encoded
    alone: dict[str, list[str]]


def prepare(config: PretrainConfig) -> TokenizedCorpus:
    """Write the documents, train the tokenizer on them, encode them. A pure function of the config."""
    world = MiniatureWorld(config.text.world)
    count = -(-config.text.counts[0] // len(SEEN))
    alone = {code: list(corpus.documents(world, code, count, config.seed)) for code in SEEN}
    sample = [document for documents in alone.values() for document in documents[: _SAMPLE // len(SEEN)]]
    tokenizer = tokenizer_of(sample, config.architecture, config.size.vocabulary)
    single = [
        text
        for in_language in alone.values()
        for text in _some_joined(in_language, config.text.joined, (2, 3, 4, 5, 6), _then)
    ]
    single += _switched(world, config.text, config.seed)
    documents = [*_some_parted(single, config.text.parted, config.seed), *_translated(world, config.text, config.seed)]
    return TokenizedCorpus(tokenizer, encoded(documents, tokenizer), alone)


def _some_joined(documents: Sequence[T], share: float, sizes: Sequence[int], join: Callable[[T, T], T]) -> Iterator[T]:
    """The documents, the first ones joined to groups."""
    single = iter(documents)
    joining = islice(single, round(share * len(documents)))
    for size in cycle(sizes):
        group = list(islice(joining, size))
        if not group:
            break
        yield reduce(join, group)
    yield from single


def _then(text: str, other: str) -> str:
    return f"{text} {other}"


def _some_parted(texts: Iterable[str], share: float, seed: int) -> Iterator[TextDocument]:
    """The texts, some of them cut between two sentences, the parts in either order."""
    rng = random.Random(f"{seed}/parted")
    for text in texts:
        between = [found.span() for found in _BETWEEN_SENTENCES.finditer(text)]
        if between and rng.random() < share:
            end, start = rng.choice(between)
            parts = text[:end], text[start:]
            yield TextDocument(*(parts if rng.random() < 0.5 else reversed(parts)))
        else:
            yield TextDocument(text)


def _switched(world: MiniatureWorld, text: TextConfig, seed: int) -> Iterator[str]:
    for code in OTHERS:
        yield from corpus.switched(world, code, -(-text.counts[2] // len(OTHERS)), seed)


def _translated(world: MiniatureWorld, text: TextConfig, seed: int) -> Iterator[TextDocument]:
    """Translations in both orders."""
    for code in OTHERS:
        pairs = list(corpus.parallel(world, code, -(-text.counts[1] // len(OTHERS)), seed))
        for at, (source, other, words) in enumerate(_some_joined(pairs, text.joined, (2, 3), Translation.then)):
            if at % 2:
                yield TextDocument(other, source, translated=True, words=[(there, here) for here, there in words])
            else:
                yield TextDocument(source, other, translated=True, words=words)


def encoded(documents: Iterable[TextDocument], tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Documents as ids, in the architecture's frame."""
    builder = EncodedBuilder()
    rows = iter(documents)
    while chunk := list(islice(rows, _CHUNK)):
        texts = [(each.first, each.second) if each.second else each.first for each in chunk]
        for document, piece in zip(chunk, tokenizer.backend_tokenizer.encode_batch(texts), strict=True):
            tokens = {"input_ids": piece.ids, "word": _numbered(document, piece)}
            builder.add(tokens, {"translated": int(document.translated)})
    return builder.build()


def _numbered(document: TextDocument, piece: Encoding) -> list[int]:
    """The number of the word that each piece is a part of."""
    if not document.words:
        return [0] * len(piece.ids)
    # A piece begins with the space before it, if there is one, but it always ends in its word.
    ends = {
        (segment, at): number
        for number, spans in enumerate(document.words, start=1)
        for segment, span in enumerate(spans)
        for at in range(span[0] + 1, span[1] + 1)
    }
    return [
        0 if segment is None else ends.get((segment, end), 0)
        for segment, (_, end) in zip(piece.sequence_ids, piece.offsets, strict=True)
    ]
