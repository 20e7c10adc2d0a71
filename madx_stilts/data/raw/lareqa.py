"""LAReQA (XQuAD-R): questions, and the sentences of all paragraphs as candidate answers.

A question and its answers have the same ids in all languages. A candidate is right for a question, whatever the
languages of the two, if the question's id is among the candidate's `answers` (google-research/xtreme,
third_party/utils_lareqa.py).
"""

from collections.abc import Iterator, Sequence

from madx_stilts.data.raw.file import RawFile
from madx_stilts.data.raw.json_values import member
from madx_stilts.data.raw.squad import Paragraph, paragraphs, question_id
from madx_stilts.tasks.fields import BadRow, Row


class LareqaQuestions(RawFile):
    """A row per question: `id`, the same in all languages, and `text`."""

    columns = ("id", "text")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        for paragraph in paragraphs(self._path):
            for number, question in enumerate(paragraph.questions, start=paragraph.first):
                try:
                    yield {"id": question_id(question), "text": member(question, "question", str, "the question")}
                except BadRow as bad:
                    raise BadRow(bad.problem, number) from bad


class LareqaSentences(RawFile):
    """A row per sentence: `id` (`paragraph_sentence`, unique in its language), `text` and `answers`.

    `text` is what XTREME encodes: the sentence, then its whole paragraph, with nothing between and without line breaks.
    `answers` lists the ids of the questions that it answers: those whose answer begins in it, or in a sentence of the
    same paragraph with the same words.
    """

    columns = ("id", "text", "answers")

    def rows(self, columns: Sequence[str]) -> Iterator[Row]:
        """See `Table.rows`."""
        index = 0
        for number, paragraph in enumerate(paragraphs(self._path), start=1):
            try:
                found = list(_candidates(paragraph, number))
            except BadRow as bad:
                raise BadRow(bad.problem, index) from bad
            yield from found
            index += len(found)


def _candidates(paragraph: Paragraph, number: int) -> Iterator[Row]:
    context = paragraph.context
    spans = [_span(pair, len(context)) for pair in member(paragraph.members, "sentence_breaks", list, "the paragraph")]
    answered: dict[str, list[str]] = {context[start:end]: [] for start, end in spans}
    for question in paragraph.questions:
        answered[_answer(question, context, spans)].append(question_id(question))
    for position, (start, end) in enumerate(spans):
        sentence = context[start:end]
        yield {
            "id": f"{number}_{position}",
            "text": (sentence + context).replace("\n", ""),
            "answers": list(answered[sentence]),
        }


def _answer(question: object, context: str, spans: Sequence[tuple[int, int]]) -> str:
    """The sentence in which the answer begins; it may end in the next one."""
    answers = member(question, "answers", list, "the question")
    if len(answers) != 1:
        raise BadRow(f"question {question_id(question)} has {len(answers)} answers, expected one")
    at = member(answers[0], "answer_start", int, "the answer")
    for start, end in spans:
        if start <= at < end:
            return context[start:end]
    raise BadRow(f"the answer to question {question_id(question)} begins at {at}, in none of the sentences")


def _span(pair: object, length: int) -> tuple[int, int]:
    match pair:
        case [int(start), int(end)] if 0 <= start < end <= length:
            return start, end
    raise BadRow(f"its sentence_breaks hold {pair!r:.60}, expected [start, end] within {length} characters")
