"""Plain text and parallel text for masked language modelling."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.frame import Pieces, SpecialTokens, cut_longest, frame_of_pair, frame_of_text
from madx_stilts.formats.pieces import pieces_of_texts
from madx_stilts.formats.reading import read_id, read_text
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task

LEFT_OUT = "left_out"
"""Row values of how many texts were left out; see `TextFormat`."""


@dataclass(frozen=True, slots=True)
class TextExample:
    """One text.

    Args:
        other: Its translation, for translation language modelling (Conneau & Lample 2019, arXiv 1901.07291).
    """

    id: str
    row: int
    text: str
    other: str | None = None


class TextFormat(Format[TextExample, None]):
    """Windows that are full: texts one after another with a separator between them, cut where a window ends.

    So RoBERTa packs documents (FULL-SENTENCES, Liu et al. 2019, arXiv 1907.11692, §4.2), except that a window here
    may also end within a sentence. Each piece stands in exactly one window, in order, and only the last window may be
    short; `example` is the text that a window begins with. The stride has no meaning here.

    A text and its translation are one window of their own, `<s> text </s></s> translation </s>`, the longer one cut.
    Positions run on and there are no language embeddings, as in multilingual models after XLM.

    A corpus has odd lines. Texts of which the tokenizer knows no piece are left out, and windows within a text
    likewise: nothing in them could be guessed. `left_out` of the first sequence says how many texts that were.

    What is masked, and how well it is guessed, is the business of those who have the model: there is nothing to decode.
    """

    name = "text"
    version = 2
    head = "masked_lm"
    fields = ("text",)
    optional_fields = ("id", "other")
    metrics = ("accuracy", "loss")

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> TextExample:
        # A source without translations does not name the field; one that names it has a translation in each row.
        if fields.get("other", "") is None:
            raise BadRow("it has no translation", row)
        other = read_text(fields, "other") if "other" in fields else None
        return TextExample(id=read_id(fields, row), row=row, text=read_text(fields, "text"), other=other)

    def labelled(self, example: TextExample) -> bool:
        """Always: a text is its own gold answer."""
        return True

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        builder = EncodedBuilder()
        left_out = _add_packed(builder, _where(examples, paired=False), tokenizer, limits)
        left_out += _add_pairs(builder, _where(examples, paired=True), tokenizer, limits)
        encoded = builder.build()
        if examples and not len(encoded):
            raise BadRow("from here on, no text has a piece that the tokenizer knows", examples[0].row)
        encoded.rows[LEFT_OUT] = np.zeros(len(encoded), dtype=np.int32)
        encoded.rows[LEFT_OUT][:1] = left_out
        return encoded

    def decode(self, outputs: Outputs, encoded: Encoded, examples: Sequence[TextExample], task: Task) -> list[None]:
        raise _nothing_to_predict(task)

    def score(
        self, predictions: Sequence[None], examples: Sequence[TextExample], task: Task, language: str
    ) -> dict[str, float]:
        raise _nothing_to_predict(task)

    def prediction_rows(self, prediction: None, example: TextExample) -> Iterator[dict[str, object]]:
        raise UsageError("Plain text has no predictions to write.", hint="Name a task with labels or answers.")


_Places = list[tuple[int, TextExample]]


def _where(examples: Sequence[TextExample], *, paired: bool) -> _Places:
    return [(at, example) for at, example in enumerate(examples) if (example.other is not None) == paired]


def _add_packed(builder: EncodedBuilder, texts: _Places, tokenizer: Tokenizer, limits: Limits) -> int:
    """Add the windows of texts without translations; returns how many texts were left out."""
    if not texts:
        return 0
    frame, knows = frame_of_text(tokenizer), _knower(tokenizer)
    packer = _Packer(builder, frame, frame.room(limits), tokenizer.sep_token_id, knows)
    left_out = 0
    pieces_of = pieces_of_texts(tokenizer, [example.text for _, example in texts])
    for (at, _), pieces in zip(texts, pieces_of, strict=True):
        if knows(pieces):
            packer.add(at, pieces)
        else:
            left_out += 1
    packer.close()
    return left_out


@dataclass
class _Packer:
    """Fills windows one after another.

    Args:
        separator: Stands between two texts of one window; none if the tokenizer has none.
        knows: Whether the tokenizer knows any of some pieces.
    """

    builder: EncodedBuilder
    frame: SpecialTokens
    room: int
    separator: int | None
    knows: Callable[[Pieces], bool]
    _window: list[int] = field(default_factory=list)
    _first: int = 0

    def add(self, at: int, pieces: Pieces) -> None:
        """Add a text.

        Args:
            at: Position of its example.
        """
        # A window that is just begun needs no separator: the frame's own stands before the text.
        if self._window and self.separator is not None:
            self._window.append(self.separator)
            self._close_if_full()
        start = 0
        while start < len(pieces):
            if not self._window:
                self._first = at
            end = start + self.room - len(self._window)
            self._window += pieces[start:end]
            self._close_if_full()
            start = end

    def close(self) -> None:
        """End the window, however short it is."""
        if self.knows(self._window):
            self.builder.add(self.frame.wrap(self._window), {"example": self._first})
        self._window.clear()

    def _close_if_full(self) -> None:
        if len(self._window) == self.room:
            self.close()


def _add_pairs(builder: EncodedBuilder, pairs: _Places, tokenizer: Tokenizer, limits: Limits) -> int:
    """Add a window for each text with its translation; returns how many were left out, one side being unknown."""
    if not pairs:
        return 0
    frame, knows = frame_of_pair(tokenizer), _knower(tokenizer)
    room, left_out = frame.room(limits), 0
    texts = pieces_of_texts(tokenizer, [example.text for _, example in pairs])
    others = pieces_of_texts(tokenizer, [example.other or "" for _, example in pairs])
    for (at, _), text, other in zip(pairs, texts, others, strict=True):
        first, second = cut_longest(text, other, room)
        if knows(first) and knows(second):
            builder.add(frame.wrap(first, second), {"example": at})
        else:
            left_out += 1
    return left_out


def _knower(tokenizer: Tokenizer) -> Callable[[Pieces], bool]:
    """Tells whether any of some pieces is neither unknown nor special, so that it can be masked and guessed."""
    own = (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
    special = {*own, tokenizer.unk_token_id, tokenizer.mask_token_id}
    return lambda pieces: not special.issuperset(pieces)


def _nothing_to_predict(task: Task) -> UsageError:
    return UsageError(
        f"{task.name} is masked language modelling: it predicts nothing that could be decoded or scored.",
        hint="Its accuracy and loss come from training; to evaluate, name a task with labels or answers.",
    )
