"""Questions on paragraphs, in the JSON of SQuAD."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.data.raw.file import RawFile
from madx_stilts.data.raw.json_values import member, member_or, read_json
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
            title = member_or(document, "title", "", "the document")
            for value in member(document, "paragraphs", list, "the document"):
                context = member(value, "context", str, "the paragraph")
                questions = member(value, "qas", list, "the paragraph")
                yield Paragraph(title, context, questions, value, number)
                number += len(questions)
    except BadRow as bad:
        raise BadRow(bad.problem, number) from bad


class SquadTable(RawFile):
    """A row per question: `id`, `title`, `context`, `question`, `answers` and `is_impossible`.

    `answers` is `{"text": [...], "answer_start": [...]}`, as on the hub; the lists are empty where the question has no
    answer (SQuAD 2.0), whatever plausible answers stand there. `is_impossible` is False where the file does not say.
    """

    columns = ("id", "title", "context", "question", "answers", "is_impossible")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for paragraph in paragraphs(self._path):
            for number, question in enumerate(paragraph.questions, start=paragraph.first):
                try:
                    yield _row(paragraph, question)
                except BadRow as bad:
                    raise BadRow(bad.problem, number) from bad


class JsquadTable(RawFile):
    """JSQuAD: as `SquadTable`, but the marker ` [SEP] ` between a page's title and its text is a line break.

    JGLUE put it there for a tokenizer with a separator of this name. Elsewhere than right behind the title the same
    characters are text, and stay. Answers behind the marker move.
    """

    columns = SquadTable.columns

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for number, row in enumerate(SquadTable(self._path).rows(columns)):
            context, at = str(row["context"]), len(str(row["title"]))
            if not context.startswith(f"{row['title']}{_MARKER}"):
                yield row
                continue
            try:
                answers = _moved(row["answers"], at)
            except BadRow as bad:
                raise BadRow(bad.problem, number) from bad
            yield {**row, "context": context.replace(_MARKER, _IN_ITS_PLACE, 1), "answers": answers}


def _row(paragraph: Paragraph, question: object) -> Row:
    impossible = member_or(question, "is_impossible", False, "the question")
    found = [] if impossible else member(question, "answers", list, "the question")
    return {
        "id": question_id(question),
        "title": paragraph.title,
        "context": paragraph.context,
        "question": member(question, "question", str, "the question"),
        "answers": {
            "text": [member(answer, "text", str, "the answer") for answer in found],
            "answer_start": [member(answer, "answer_start", int, "the answer") for answer in found],
        },
        "is_impossible": impossible,
    }


def question_id(question: object) -> str:
    """A question's id as text; GermanQuAD's are integers.

    Raises:
        BadRow: It has none.
    """
    value = member(question, "id", object, "the question")
    if not isinstance(value, str | int):
        raise BadRow(f"the question has id = {value!r:.60}, expected a text")
    return str(value)


def _moved(answers: object, marker: int) -> Row:
    """The answers after the marker at position `marker` was replaced."""
    texts = member(answers, "text", list, "the row")
    starts = []
    for text, start in zip(texts, member(answers, "answer_start", list, "the row"), strict=True):
        if start >= marker + len(_MARKER):
            starts.append(start - len(_MARKER) + len(_IN_ITS_PLACE))
        elif start + len(text) <= marker:
            starts.append(start)
        else:
            raise BadRow(f"the answer {text!r:.60} at {start} lies on the marker {_MARKER!r} at {marker}")
    return {"text": texts, "answer_start": starts}
