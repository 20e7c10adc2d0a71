"""What a backbone reads: documents of the miniature, some with their translation, some with words of two languages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from transformers import PreTrainedTokenizerFast

from madx_stilts.formats.base import Encoded, EncodedBuilder
from madx_stilts.miniature import corpus
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.world import World
from madx_stilts.pretrain.plan import PretrainConfig, Text
from madx_stilts.pretrain.tongue import tokenizer_of

SEEN = tuple(code for code, language in CONSTRUCTED.items() if language.seen)
"""Languages that backbones are trained on, the source first."""
OTHERS = tuple(code for code in SEEN if code != SOURCE)
_SAMPLE = 12_000
"""Documents that a tokenizer is trained on: some more would give the same pieces."""
_CHUNK = 4096


@dataclass(frozen=True)
class Reading:
    """A tokenizer and what is read with it.

    Args:
        text: Encoded with the architecture's frame.
        alone: Documents in one language each, by language: what its words and pieces are counted on.
    """

    tokenizer: PreTrainedTokenizerFast
    text: Encoded
    alone: dict[str, list[str]]


def prepare(config: PretrainConfig) -> Reading:
    """Write the documents, train the tokenizer on them, encode them. A pure function of the config."""
    world = World(config.text.world)
    count = -(-config.text.counts[0] // len(SEEN))
    alone = {code: list(corpus.documents(world, code, count, config.seed)) for code in SEEN}
    sample = [document for documents in alone.values() for document in documents[: _SAMPLE // len(SEEN)]]
    tokenizer = tokenizer_of(sample, config.architecture, config.size.vocabulary)
    documents = [(text, "") for in_language in alone.values() for text in _some_joined(in_language, config.text.joined)]
    documents += _mingled(world, config.text, config.seed)
    return Reading(tokenizer, encoded(documents, tokenizer), alone)


def _some_joined(documents: Sequence[str], share: float) -> Iterator[str]:
    """The documents, the first ones joined to groups of two to six."""
    single = iter(documents)
    joining = islice(single, round(share * len(documents)))
    for size in cycle((2, 3, 4, 5, 6)):
        group = list(islice(joining, size))
        if not group:
            break
        yield " ".join(group)
    yield from single


def _mingled(world: World, text: Text, seed: int) -> Iterator[tuple[str, str]]:
    """Pairs in both orders, then single documents of two languages."""
    _, translated, switched = text.counts
    for code in OTHERS:
        pairs = corpus.parallel(world, code, -(-translated // len(OTHERS)), seed)
        yield from ((there, here) if at % 2 else (here, there) for at, (here, there) in enumerate(pairs))
        yield from ((document, "") for document in corpus.switched(world, code, -(-switched // len(OTHERS)), seed))


def encoded(documents: Sequence[tuple[str, str]], tokenizer: PreTrainedTokenizerFast) -> Encoded:
    """Documents as ids, in the architecture's frame.

    Args:
        documents: Each with its translation, or with nothing.
    """
    builder = EncodedBuilder()
    rows = iter(documents)
    while chunk := list(islice(rows, _CHUNK)):
        texts = [first if not second else (first, second) for first, second in chunk]
        for piece in tokenizer.backend_tokenizer.encode_batch(texts):
            builder.add({"input_ids": piece.ids}, {})
    return builder.build()
