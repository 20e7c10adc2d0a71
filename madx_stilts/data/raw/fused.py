"""The words of a treebank sentence as they are written: fused forms instead of the syntactic words they stand for.

German "zum" is one written word and two syntactic ones, "zu" and "dem". XTREME tags written words. A fused form takes
the tag of one of its words; which one is decided as by `ud-conversion-tools`, which XTREME uses
(google-research/xtreme, third_party/ud-conversion-tools).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ROOT = 0

# From the strongest tag to the weakest; a tag's place in its language's line is its rank.
_ORDERS = """
*   VERB NOUN PROPN PRON ADJ NUM ADV INTJ AUX ADP DET PART CCONJ SCONJ X PUNCT
es  VERB AUX PRON ADP DET
fr  VERB AUX PRON NOUN ADJ ADV ADP DET PART SCONJ CONJ
it  VERB AUX ADV PRON ADP DET INTJ
"""
_ORDER_OF: Mapping[str, Sequence[str]] = {
    language: tags for language, *tags in (line.split() for line in _ORDERS.strip().splitlines())
}


@dataclass(frozen=True)
class SyntacticWord:
    """A syntactic word.

    Args:
        heads: Numbers of the words it depends on, also of the enhanced graph; `ROOT` for none.
    """

    form: str
    tag: str
    heads: frozenset[int]


@dataclass(frozen=True)
class Fused:
    """A written word that stands for the syntactic words `first` to `last`, counted from 1."""

    first: int
    last: int
    form: str


def precedence(language: str) -> Sequence[str]:
    """Tags in the order in which they win a fused form, for a language as UD's file names begin."""
    return _ORDER_OF.get(language, _ORDER_OF["*"])


def written(words: Sequence[SyntacticWord], fused: Sequence[Fused], order: Sequence[str]) -> list[tuple[str, str]]:
    """Form and tag of each written word.

    Args:
        words: All syntactic words of the sentence; the first has number 1.
        fused: Spans that do not overlap.
        order: See `precedence`.
    """
    forms: dict[int, str] = {}
    gone = set[int]()
    for span in fused:
        numbers = range(span.first, span.last + 1)
        leader = _leader(words, numbers, order)
        forms[leader] = span.form
        gone.update(number for number in numbers if number != leader)
    return [
        (forms.get(number, word.form), word.tag) for number, word in enumerate(words, start=1) if number not in gone
    ]


def _leader(words: Sequence[SyntacticWord], numbers: Sequence[int], order: Sequence[str]) -> int:
    """The word with the fewest ancestors; of several, the one whose tag comes first; of several, the first."""

    def rank(number: int) -> tuple[int, int]:
        tag = words[number - 1].tag
        # The original stops at a tag that is not in its list (SYM is in none); here such a tag comes last.
        return len(_ancestors(words, number)), order.index(tag) if tag in order else len(order)

    return min(numbers, key=rank)


def _ancestors(words: Sequence[SyntacticWord], number: int) -> set[int]:
    """All that lies above a word, the root too; graphs of enhanced dependencies have circles."""
    found = set[int]()
    waiting = [number]
    while waiting:
        current = waiting.pop()
        if 1 <= current <= len(words):
            new = words[current - 1].heads - found
            found |= new
            waiting += new
    return found - {number}
