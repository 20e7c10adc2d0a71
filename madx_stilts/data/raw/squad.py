"""Questions on paragraphs, in the JSON of SQuAD."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.data.raw.file import RawFile
from madx_stilts.data.raw.json_values import member, read_json
from madx_stilts.tasks.fields import BadRow, Row

_MARKER = " [SEP] "
_IN_ITS_PLACE = "\n"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph and its questions.

    Args:
        members: All that the file says of it.
        first: Number of its first question in the file, from 0.
    """

    title: str
    context: str
    questions: list[object]
    members: Mapping[str, object]
    first: int


def paragraphs(path: Path) -> Iterator[Paragraph]:
    """The paragraphs of a file, in order. A document without a title has an empty one (TyDiQA).

    Raises:
        BadRow: Something is missing; `row` is the number of the question it was needed for.
        DataError: The file is no JSON, or cut off.
    """
    number = 0
    try:
        for document in member(read_json(path), "data", list, "the file"):
            title = member({"title": "", **member({"": document}, "", dict, "the file")}, "title", str, "the document")
            for value in member(document, "paragraphs", list, "the document"):
                context = member(value, "context", str, "the paragraph")
                questions = member(value, "qas", list, "the paragraph")
                yield Paragraph(title, context, questions, value, number)
                number += len(questions)
    except BadRow as bad:
        raise BadRow(bad.problem, number) from bad
