"""A context in pieces that know their characters: from an answer to pieces, from pieces to windows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from unicodedata import category

from madx_stilts.formats.base import Tokenizer
from madx_stilts.formats.pieces import pieces_with_places

NOWHERE = -1
"""Start and end of a token that stands for no character of the context."""
_UNSEEN = ("Cc", "Cf")
"""Categories of characters that show nothing: controls, characters without width."""
_BETWEEN = ("C", "Z")
"""Categories of characters that belong to no word: controls, characters without width, separators."""


@dataclass(frozen=True)
class Context:
    """The pieces of a context.

    Args:
        ids: Their token ids.
        starts: Index of each piece's first character.
        ends: Index after its last one. At the ends of a piece, white space and characters without width of which the
            tokenizer leaves nothing are not counted, since SentencePiece puts what it reads as the space before a word
            into the word's first piece; a piece of nothing else is `NOWHERE`.
    """

    ids: list[int]
    starts: list[int]
    ends: list[int]

    @property
    def answerable(self) -> list[int]:
        """The pieces that an answer can be made of."""
        return [piece for piece, start in zip(self.ids, self.starts, strict=True) if start != NOWHERE]

    def locate(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last piece of some characters, or None where the tokenizer dropped all of them."""
        touched = [at for at, first in enumerate(self.starts) if first < end and self.ends[at] > start]
        return (touched[0], touched[-1]) if touched else None

    def windows(self, room: int, stride: int) -> Iterator[tuple[int, int]]:
        """First piece of each window and the piece after its last.

        Args:
            room: Pieces of a window; more than `stride`.
            stride: Pieces that neighbouring windows share.
        """
        start, end = 0, min(room, len(self.ids))
        yield start, end
        while end < len(self.ids):
            start = end - stride
            end = min(start + room, len(self.ids))
            yield start, end


def without_unseen_start(text: str) -> str:
    """An answer without the characters before it that show nothing, unless it has no others.

    No answer begins with one: joiners and marks of direction mean something only behind or between other characters.
    At its end they may belong to it: a Malayalam chillu ends in a joiner, the flag of Wales in a tag.
    """
    seen = (at for at, character in enumerate(text) if not character.isspace() and category(character) not in _UNSEEN)
    return text[next(seen, 0) :]


def contexts_in_pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, Context]:
    """Each different text in pieces; the questions of one passage share it."""
    different = list(dict.fromkeys(texts))
    cut = pieces_with_places(tokenizer, different)
    blank = _blank(tokenizer)
    return {text: _context(text, ids, places, blank) for text, (ids, places) in zip(different, cut, strict=True)}


def _blank(tokenizer: Tokenizer) -> Callable[[str], bool]:
    """Whether a tokenizer leaves nothing of a character, or makes a space of it; only of one that shows nothing.

    Of a U+FEFF before a word, say (XQuAD has one), XLM-R's makes the space that belongs to the word.
    """
    normalizer = tokenizer.backend_tokenizer.normalizer

    @cache
    def blank(character: str) -> bool:
        if character.isspace():
            return True
        if normalizer is None or category(character) not in _UNSEEN:
            return False
        return not normalizer.normalize_str(character).strip()

    return blank


def _context(text: str, ids: list[int], places: list[tuple[int, int]], blank: Callable[[str], bool]) -> Context:
    starts, ends = [], []
    for (start, end), (following, _) in pairwise([*places, (len(text), len(text))]):
        while start < end and blank(text[start]):
            start += 1
        while start < end and blank(text[end - 1]):
            end -= 1
        # Of characters that are joined to one (e and an accent, the parts of a Hangul syllable) the tokenizer tells
        # the place of the first only; an accent that it strips has no place either.
        while start < end < following and category(text[end])[0] not in _BETWEEN:
            end += 1
        starts.append(start if start < end else NOWHERE)
        ends.append(end if start < end else NOWHERE)
    return Context(ids, starts, ends)
