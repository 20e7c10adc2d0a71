"""Checks of examples, by format: texts, labels, faults, remarks.

What training or scoring stops at is a fault, and is found as they find it, by making examples. All else is a note: a
blank text, say, is encoded as an empty side of its frame, and scored.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, pairwise
from types import MappingProxyType
from typing import Any

from madx_stilts.data.read import ReadExample
from madx_stilts.formats import FORMATS
from madx_stilts.formats.choice import ChoiceExample
from madx_stilts.formats.remarks import ABSENT_ANSWER, BLANK_TEXT, BLANK_WORD, EMPTY_ANSWER, NO_WORDS
from madx_stilts.formats.span import SpanExample
from madx_stilts.formats.tagging import TagExample
from madx_stilts.tasks.task import FormatName

GOLD_FIELDS = ("answers", "gold")
"""Fields that hold right answers; the others are what a model is shown."""

LOST_CHARACTER = "rows with U+FFFD, which stands for a lost character"
MOVED = "questions with an answer elsewhere than answer_start says"
SAME_CHOICES = "rows with two choices alike"
NO_BEGINNING = "sentences with an I- tag after no tag of its kind"


class ExampleCheck:
    """Checks of the examples of a format. This one suits every format: all fields that are text."""

    def texts(self, one: ReadExample[Any]) -> Iterable[tuple[str, str]]:
        """All text of an example, each with the name of its field."""
        return ((name, value) for name, value in one.fields.items() if isinstance(value, str) and name != "id")

    def counted(self, one: ReadExample[Any]) -> Iterable[str]:
        """Names by which an example is counted: its label, or its tags."""
        return ()

    def notes(self, one: ReadExample[Any]) -> Iterator[str]:
        """What is remarkable, each once, as what is counted."""
        if any(not text.strip() for _, text in self.texts(one)):
            yield BLANK_TEXT


class _LabelLook(ExampleCheck):
    """Texts with one label."""

    def counted(self, one: ReadExample[Any]) -> Iterable[str]:
        return (one.label,) if isinstance(one.label, str) else ()


class _ChoiceLook(_LabelLook):
    def texts(self, one: ReadExample[ChoiceExample]) -> Iterable[tuple[str, str]]:
        return (("context", one.example.context), *(("choices", choice) for choice in one.example.choices))

    def notes(self, one: ReadExample[ChoiceExample]) -> Iterator[str]:
        yield from super().notes(one)
        if len({*one.example.choices}) < len(one.example.choices):
            yield SAME_CHOICES


class _SpanLook(ExampleCheck):
    def counted(self, one: ReadExample[SpanExample]) -> Iterable[str]:
        if one.example.answers is None:
            return ()
        return ("with an answer" if one.example.answers else "without an answer",)

    def notes(self, one: ReadExample[SpanExample]) -> Iterator[str]:
        yield from super().notes(one)
        context = one.example.context
        for text, start in _given(one.fields.get("answers")):
            if text.strip() in context and not context.startswith(text, max(start, 0)):
                yield MOVED
                break
        yield from (what for what in FORMATS["span"].remarks(one.example) if what in (EMPTY_ANSWER, ABSENT_ANSWER))


def _given(answers: object) -> list[tuple[str, int]]:
    """Answers and their places as the file has them, in each shape that `formats.answers` reads."""
    match answers:
        case {"text": str(text), "answer_start": start}:
            return [(text, start or 0)]
        case {"text": [*texts], "answer_start": [*starts]}:
            return [(text, start or 0) for text, start in zip(texts, starts, strict=True)]
        case [*structs]:
            return [*chain.from_iterable(map(_given, structs))]
    return []


class _TagLook(ExampleCheck):
    def texts(self, one: ReadExample[TagExample]) -> Iterable[tuple[str, str]]:
        return (("words", word) for word in one.example.words)

    def counted(self, one: ReadExample[TagExample]) -> Iterable[str]:
        return one.example.tags or ()

    def notes(self, one: ReadExample[TagExample]) -> Iterator[str]:
        if not one.example.words:
            yield NO_WORDS
        if any(not word.strip() for word in one.example.words):
            yield BLANK_WORD
        tags = ("O", *(one.example.tags or ()))
        if any(tag.startswith("I-") and before[2:] != tag[2:] for before, tag in pairwise(tags)):
            yield NO_BEGINNING


LOOKS: Mapping[FormatName, ExampleCheck] = MappingProxyType(
    {
        "pair": _LabelLook(),
        "choice": _ChoiceLook(),
        "span": _SpanLook(),
        "tagging": _TagLook(),
        "retrieval": ExampleCheck(),
        "text": ExampleCheck(),
    }
)
