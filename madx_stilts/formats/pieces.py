"""Texts cut into pieces by a tokenizer, many at a time, without special tokens."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from reprlib import repr as shortened
from typing import TypeVar

from madx_stilts.errors import BackboneError
from madx_stilts.formats.cutting import TextCutter
from madx_stilts.formats.tokenizer import Tokenizer
from madx_stilts.tasks.fields import BadRow

T = TypeVar("T")
PIECES = 2
"""Raised when a text becomes other pieces, or these other characters, so that cached encodings are not used."""
CHUNK = 1000
"""Texts per call: enough to keep a fast tokenizer busy, few enough to bound memory."""
CHARACTERS = 500_000
"""Of the texts of a call, unless one has more alone: tokenizers take 100 to 650 bytes for each while they cut."""


_ON_TEXTS: ContextVar[Callable[[int], None]] = ContextVar("on_texts", default=lambda texts: None)


@contextmanager
def counted_texts(on_texts: Callable[[int], None]) -> Iterator[None]:
    """Call a function after each call of a tokenizer inside the block with the number of texts so far.

    Formats cut texts in many ways, and none of them changes what it makes for being counted.
    """
    total = 0

    def add(texts: int) -> None:
        nonlocal total
        total += texts
        on_texts(total)

    before = _ON_TEXTS.set(add)
    try:
        yield
    finally:
        _ON_TEXTS.reset(before)


def chunked(items: Sequence[T], size: Callable[[T], int]) -> Iterator[Sequence[T]]:
    """The items in their order: at most `CHUNK` at a time, and with more than `CHARACTERS` only one at a time.

    Args:
        size: How many characters an item has.
    """
    begin = characters = 0
    for at, item in enumerate(items):
        more = size(item)
        if at > begin and (at - begin == CHUNK or characters + more > CHARACTERS):
            yield items[begin:at]
            begin, characters = at, 0
        characters += more
    if begin < len(items):
        yield items[begin:]


def pieces_of_texts(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[list[int]]:
    """Token ids of each text; none for a text of which the tokenizer leaves nothing."""
    cutter = TextCutter(tokenizer)
    for some in chunked(texts, len):
        pieces = cutter.texts(some)
        _ON_TEXTS.get()(len(some))
        yield from (text.ids for text in pieces)


def pieces_with_places(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
    """Token ids of each text and the characters, from and to, that each of them stands for."""
    cutter = TextCutter(tokenizer)
    for some in chunked(texts, len):
        pieces = cutter.texts(some)
        _ON_TEXTS.get()(len(some))
        yield from ((text.ids, text.cut.offsets) for text in pieces)


def pieces_of_words(tokenizer: Tokenizer, sentences: Sequence[Sequence[str]]) -> Iterator[list[list[int]]]:
    """Token ids of each word of each sentence.

    A word of which the tokenizer leaves nothing (control characters, characters without width) becomes its unknown
    token, so that no word is lost.

    Raises:
        BackboneError: There is such a word, and the tokenizer has neither an unknown nor a padding token.
    """
    cutter = TextCutter(tokenizer)
    for some in chunked(sentences, lambda words: sum(map(len, words))):
        sentences_cut = cutter.words(some)
        _ON_TEXTS.get()(len(some))
        for words, sentence in zip(some, sentences_cut, strict=True):
            found: list[list[int]] = [[] for _ in words]
            for piece, word in zip(sentence.ids, sentence.cut.word_ids, strict=True):
                if word is not None:
                    found[word].append(piece)
            yield [pieces or [_stand_in(tokenizer)] for pieces in found]


def require_pieces(pieces: Sequence[int], field: str, value: object, row: int) -> None:
    """Refuse a text without pieces.

    Raises:
        BadRow: There are none.
    """
    if not pieces:
        raise BadRow(f"field {field!r} holds {shortened(value)}, of which the tokenizer makes no token", row)


def _stand_in(tokenizer: Tokenizer) -> int:
    """Byte-level tokenizers know every character and have no unknown token; only an empty word leaves nothing there."""
    for token in (tokenizer.unk_token_id, tokenizer.pad_token_id):
        if token is not None:
            return token
    raise BackboneError(
        "The tokenizer makes nothing of a word and has no token that could stand for it.",
        hint="Give the tokenizer an unknown token or a padding token.",
    )
