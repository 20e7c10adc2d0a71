"""A sentence in words, a tag for each: named entities, parts of speech."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np

from madx_stilts.formats.base import IGNORED, Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.degenerate import same_answer
from madx_stilts.formats.frame import frame_of_text
from madx_stilts.formats.pieces import pieces_of_words
from madx_stilts.formats.reading import read_id, read_label, read_texts
from madx_stilts.formats.remarks import BLANK_WORD, NO_WORDS, any_blank
from madx_stilts.formats.scoring import Metric, apply_metrics, known_gold, require_gold
from madx_stilts.metrics.tagging import span_f1, strict_span_f1, token_accuracy
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task

Tags = tuple[str, ...]
NO_WORD = -1
"""Value of `word` for tokens that are not scored."""
_CONSTANTS = 3
"""Tags, the most frequent ones, that are tried as the only one: among hundreds, the first is best for accuracy."""


@dataclass(frozen=True, slots=True)
class TagExample:
    """The words of a sentence and, where they are known, their tags."""

    id: str
    row: int
    words: tuple[str, ...]
    tags: Tags | None


METRICS: Mapping[str, Metric[Tags]] = {
    "accuracy": lambda predicted, gold, task: token_accuracy(predicted=predicted, gold=gold),
    "f1": lambda predicted, gold, task: span_f1(predicted=predicted, gold=gold),
    "f1_strict": lambda predicted, gold, task: strict_span_f1(predicted=predicted, gold=gold),
    "f1_xtreme": lambda predicted, gold, task: span_f1(predicted=predicted, gold=gold),
}
"""`f1_xtreme` is `f1` on bare parts of speech; it has a name of its own because what counts as a span there is odd."""


class TaggingFormat(Format[TagExample, Tags]):
    """One or more windows per sentence; predicts the tags of its words, in order, none missing.

    A word's first piece is tagged and scored, its other pieces are not. A long sentence continues in another window,
    which begins with up to `stride` tokens of the one before (at most half a window), to be seen and not scored. So
    each word is scored once. A word that is longer than a window is cut. A sentence of no words has no window, and its
    tags are none; XTREME's reader passes over such sentences, which adds nothing to its scores either.

    Token values: `word`, the index of the word whose first piece this is, else `NO_WORD`; `label`, the index of its
    tag in the task's labels, else `IGNORED`.
    """

    name = "tagging"
    head = "tagging"
    fields = ("words",)
    metrics = tuple(METRICS)
    unscorable = NO_WORDS

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> TagExample:
        words = read_texts(fields, "words")
        # A sentence of no words has no tags, which are known though no label says so.
        known = label is not None or not words
        tags = tuple(read_label(tag, task) for tag in read_texts({"label": label or ()}, "label")) if known else None
        if tags is not None and len(tags) != len(words):
            raise BadRow(f"it has {len(words)} words and {len(tags)} tags, expected as many")
        return TagExample(id=read_id(fields, row), row=row, words=words, tags=tags)

    def labelled(self, example: TagExample) -> bool:
        return example.tags is not None

    def scorable(self, example: TagExample) -> bool:
        return bool(example.words)

    def remarks(self, example: TagExample) -> Iterator[str]:
        if not example.words:
            yield NO_WORDS
        if any_blank(example.words):
            yield BLANK_WORD

    def encode(self, examples: Sequence[TagExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        frame = frame_of_text(tokenizer)
        room = frame.room(limits)
        indices = {tag: index for index, tag in enumerate(task.labels)}
        if examples and not any(example.words for example in examples):
            raise BadRow("from here on, no sentence has a word", examples[0].row)
        builder = EncodedBuilder()
        sentences = pieces_of_words(tokenizer, [example.words for example in examples])
        for at, (example, words) in enumerate(zip(examples, sentences, strict=True)):
            labels = [indices[tag] for tag in example.tags] if example.tags is not None else [IGNORED] * len(words)
            for pieces, heads in _windows(words, room, limits.stride):
                tokens = frame.wrap(pieces)
                tokens["word"] = frame.align(heads, filler=NO_WORD)
                tokens["label"] = [IGNORED if word == NO_WORD else labels[word] for word in tokens["word"]]
                builder.add(tokens, {"example": at})
        return builder.build()

    def decode(self, outputs: Outputs, encoded: Encoded, examples: Sequence[TagExample], task: Task) -> list[Tags]:
        ends = np.cumsum([len(example.words) for example in examples])
        scored = np.flatnonzero(encoded.tokens["word"] != NO_WORD)
        example_of_token = np.repeat(encoded.rows["example"], encoded.lengths)
        starts = np.concatenate([[0], ends[:-1]])
        best = np.empty(int(ends[-1]), dtype=np.int64)
        best[starts[example_of_token[scored]] + encoded.tokens["word"][scored]] = outputs["label"][scored]
        tags = [task.labels[index] for index in best]
        return [tuple(tags[start:end]) for start, end in zip(starts, ends, strict=True)]

    def score(
        self, predictions: Sequence[Tags], examples: Sequence[TagExample], task: Task, language: str
    ) -> dict[str, float]:
        gold = require_gold(examples, (example.tags for example in examples), task)
        return apply_metrics(METRICS, list(predictions), gold, task)

    def constants(self, examples: Sequence[TagExample], task: Task) -> Iterator[list[Tags]]:
        counts = Counter(chain.from_iterable(example.tags or () for example in examples))
        for tag, _ in counts.most_common(_CONSTANTS):
            yield [(tag,) * len(example.words) for example in examples]

    def warnings(self, predictions: Sequence[Tags], examples: Sequence[TagExample], task: Task) -> Iterator[str]:
        gold: Iterator[Sequence[str | None]] = (example.tags or [None] * len(example.words) for example in examples)
        tags, right = [*chain.from_iterable(predictions)], [*chain.from_iterable(gold)]
        yield from same_answer(tags, right, what="every word is tagged")

    def prediction_rows(self, prediction: Tags, example: TagExample) -> Iterator[dict[str, object]]:
        for position, (word, tag) in enumerate(zip(example.words, prediction, strict=True)):
            gold = None if example.tags is None else example.tags[position]
            yield {"id": example.id, "position": position, "word": word, "prediction": tag, **known_gold(gold)}


def _windows(words: Sequence[list[int]], room: int, stride: int) -> Iterator[tuple[list[int], list[int]]]:
    """Cut a sentence between words.

    Args:
        words: The pieces of each word, at least one.
        room: Pieces that fit into a window.
        stride: Pieces to repeat from the window before.

    Yields:
        The pieces of a window, and for each the index of the word that it is scored for, or `NO_WORD`.
    """
    words = [pieces[:room] for pieces in words]
    flat = list(chain.from_iterable(words))
    begins = list(accumulate(map(len, words), initial=0))
    word = 0
    while word < len(words):
        begin = begins[word]
        seen = min(stride, room // 2, begin, room - len(words[word]))
        stop = bisect_right(begins, begin + room - seen) - 1
        heads = [NO_WORD] * (seen + begins[stop] - begin)
        for scored in range(word, stop):
            heads[seen + begins[scored] - begin] = scored
        yield flat[begin - seen : begins[stop]], heads
        word = stop
