"""Scores of tag sequences: by token, by span as XTREME counts spans, and by span in strict IOB2."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from madx_stilts.metrics.counts import check_pairs, f1

Tags = Sequence[str]
Span = tuple[str, int, int]
"""Type, position of the first token, position of the last. Positions run through all sentences."""


def token_accuracy(*, predicted: Sequence[Tags], gold: Sequence[Tags]) -> float:
    """Share of tokens with the right tag, 0 to 100, over the tokens of all sentences.

    The plain score of part-of-speech tagging; not what XTREME prints (see `span_f1`).

    Args:
        predicted: The tags of each sentence.
        gold: The tags of each sentence.

    Raises:
        ValueError: There are no tokens, or the two sides differ in sentences or tokens.
    """
    _check(predicted, gold)
    pairs = list(zip(chain.from_iterable(predicted), chain.from_iterable(gold), strict=True))
    return 100 * sum(tag == right for tag, right in pairs) / len(pairs)


def span_f1(*, predicted: Sequence[Tags], gold: Sequence[Tags]) -> float:
    """Micro F1 of spans, 0 to 100, as seqeval 1.2.2 finds them by default: XTREME's score for PAN-X and UDPOS.

    A span is right if type, start and end are. Spans open and close by the rules of `conlleval.pl` (CoNLL-2000), so
    that ``I-PER I-PER`` is as good as ``B-PER I-PER``. What XTREME calls POS F1 is this function on bare UPOS tags.
    There the first letter passes for the prefix and the rest for the type, which has odd effects: neighbours of one
    tag are one span, to be got right as a whole, and CCONJ and SCONJ are one type. It is no token accuracy; report
    `token_accuracy` beside it.

    Args:
        predicted: The tags of each sentence.
        gold: The tags of each sentence.

    Raises:
        ValueError: There are no tokens, or the two sides differ in sentences or tokens.
    """
    return _micro_f1(predicted, gold, spans)


def strict_span_f1(*, predicted: Sequence[Tags], gold: Sequence[Tags]) -> float:
    """Micro F1 of spans in strict IOB2, 0 to 100: seqeval's `f1_score(mode="strict", scheme=IOB2)`.

    Only ``B-`` opens a span and only ``I-`` of its type continues it; any other ``I-`` belongs to no span.

    Args:
        predicted: The tags of each sentence.
        gold: The tags of each sentence.

    Raises:
        ValueError: A tag is not IOB2, there are no tokens, or the two sides differ in sentences or tokens.
    """
    return _micro_f1(predicted, gold, _strict_spans)


def _micro_f1(
    predicted: Sequence[Tags], gold: Sequence[Tags], find: Callable[[Sequence[Tags]], Iterator[Span]]
) -> float:
    _check(predicted, gold)
    found, right = set(find(predicted)), set(find(gold))
    return 100 * f1(correct=len(found & right), predicted=len(found), gold=len(right))


def spans(sentences: Sequence[Tags]) -> Iterator[Span]:
    """The spans of `conlleval.pl`, with an O behind each sentence, as seqeval reads them.

    `start` is kept when a span closes and none opens, and across sentences: seqeval does so, and for tags that are
    no B-, I- or O (a bare X after an O, CCONJ after SCONJ) the score depends on it.
    """
    before, kind, start = "O", "", 0
    for position, tag in enumerate(_in_a_row(sentences)):
        prefix, now = tag[0], tag[1:].split("-", 1)[-1] or "_"
        if _closes(before, prefix, other_type=kind != now):
            yield kind, start, position - 1
        if _opens(before, prefix, other_type=kind != now):
            start = position
        before, kind = prefix, now


def _in_a_row(sentences: Sequence[Tags]) -> Iterator[str]:
    for sentence in sentences:
        yield from sentence
        yield "O"


def _closes(before: str, prefix: str, *, other_type: bool) -> bool:
    """Whether a span ends between two neighbours, by their prefixes."""
    return before in "ES" or (before in "BI" and prefix in "BSO") or (before not in "O." and other_type)


def _opens(before: str, prefix: str, *, other_type: bool) -> bool:
    """Whether a span begins at the second of two neighbours, by their prefixes."""
    return prefix in "BS" or (before in "ESO" and prefix in "EI") or (prefix not in "O." and other_type)


def _strict_spans(sentences: Sequence[Tags]) -> Iterator[Span]:
    start, kind = -1, ""  # start < 0: outside
    for position, tag in enumerate(_in_a_row(sentences)):
        if tag[0] not in "BIO":
            raise ValueError(f"{tag!r} is no IOB2 tag; expected O, B-TYPE or I-TYPE.")
        now = tag[1:].strip("-") or "_"
        if start >= 0 and not (tag[0] == "I" and now == kind):
            yield kind, start, position - 1
            start = -1
        if tag[0] == "B":
            start, kind = position, now


def _check(predicted: Sequence[Tags], gold: Sequence[Tags]) -> None:
    check_pairs(predicted, gold, what="sentences")
    for number, (tags, right) in enumerate(zip(predicted, gold, strict=True)):
        if len(tags) != len(right):
            raise ValueError(f"Sentence {number} (from 0) has {len(right)} tokens but {len(tags)} predicted tags.")
        if not all(chain(tags, right)):
            raise ValueError(f"Sentence {number} (from 0) has an empty tag.")
    if not any(gold):
        raise ValueError("There are no tokens to score.")
