"""Gold answers of span tasks: read from their shapes on the hub, and found again where their place is wrong.

Scoring compares texts, so a reference answer counts wherever it is from; training points to a place, so it can use only
those that occur in the context.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as shortened

from madx_stilts.tasks.fields import BadRow


@dataclass(frozen=True, slots=True)
class Answer:
    """A reference answer, as a rule a part of the context.

    Args:
        text: The answer, without white space at its ends; possibly empty.
        start: Index of its first character in the context; None: it does not occur there.
    """

    text: str
    start: int | None

    @property
    def place(self) -> tuple[int, int] | None:
        """Index of its first character and after its last; None: it does not occur in the context."""
        return None if self.start is None else (self.start, self.start + len(self.text))


def read_answers(value: object, context: str) -> tuple[Answer, ...]:
    """Read answers and put each where it really is.

    Args:
        value: `{"text": [...], "answer_start": [...]}`, or a list of such structs with one answer each.
        context: What the answers are looked for in. Those that are normalised, in another Unicode form, free (`yes`)
            or empty need not occur there.

    Raises:
        BadRow: It has another shape.
    """
    found = []
    for text, start in _pairs(value):
        if not isinstance(text, str) or not isinstance(start, int | None):
            raise BadRow(f"an answer is {shortened(text)} at {shortened(start)}, expected a text and an integer")
        found.append(_placed(text, start or 0, context))
    return tuple(found)


def _pairs(value: object) -> list[tuple[object, object]]:
    structs = [value] if isinstance(value, Mapping) else value
    if not isinstance(structs, Sequence) or isinstance(structs, str):
        raise BadRow(f"field 'answers' holds {shortened(value)}, expected texts and their starts")
    pairs: list[tuple[object, object]] = []
    for struct in structs:
        if not isinstance(struct, Mapping) or not {"text", "answer_start"} <= struct.keys():
            raise BadRow(f"field 'answers' holds {shortened(struct)}, expected 'text' and 'answer_start'")
        texts, starts = _listed(struct["text"]), _listed(struct["answer_start"])
        if len(texts) != len(starts):
            raise BadRow(f"field 'answers' has {len(texts)} texts and {len(starts)} starts, expected as many")
        pairs.extend(zip(texts, starts, strict=True))
    return pairs


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _placed(text: str, start: int, context: str) -> Answer:
    """Offsets are often off (contexts were stripped, or counted in bytes or UTF-16): take the nearest occurrence."""
    start = max(start + len(text) - len(text.lstrip()), 0)
    text = text.strip()
    if not text:
        return Answer("", None)
    before, after = context.rfind(text, 0, start + len(text)), context.find(text, start)
    places = [place for place in (before, after) if place >= 0]
    return Answer(text, min(places, key=lambda place: abs(place - start), default=None))
