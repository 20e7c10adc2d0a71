"""Questions about passages: SQuAD 1.1 and 2.0, XQuAD, MLQA, TyDiQA; and LAReQA, which looks for the sentence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from madx_stilts.files import digest
from madx_stilts.miniature.languages import SOURCE
from madx_stilts.miniature.mirror import Row
from madx_stilts.miniature.passages import Passage, PassageQuestions, Question, examine, inquire
from madx_stilts.miniature.studio import SPLITS, Studio
from madx_stilts.miniature.text import Sentence, Voice
from madx_stilts.tasks.task import Split

EXAMS = {
    "squad_v1": PassageQuestions(people=0.7),
    "squad_v2": PassageQuestions(people=1.0, sentences=(3, 5), unanswerable=1 / 3),
    "xquad": PassageQuestions(people=0.5),
    "mlqa": PassageQuestions(people=0.4, sentences=(4, 7), reworded=0.3),
}
TYDIQA = PassageQuestions(people=0.2, sentences=(2, 4), reworded=0.5, questions=1)


@dataclass(frozen=True)
class Told:
    """A passage as one language tells it."""

    sentences: tuple[Sentence, ...]
    starts: tuple[int, ...]
    text: str


def write(studio: Studio) -> None:
    """Write all six."""
    _squad(studio)
    xquad = _draw(studio, "xquad", "test")
    scored: tuple[Split, ...] = ("dev", "test")
    mlqa = {split: _draw(studio, "mlqa", split) for split in scored}
    for voice in studio.voices:
        code = voice.language.code
        studio.mirror.table("google/xquad", f"xquad.{code}", "validation", _rows(voice, xquad))
        studio.mirror.json(f"lareqa/{code}.json", _lareqa(voice, xquad))
        for split, passages in mlqa.items():
            studio.mirror.table("facebook/mlqa", f"mlqa.{code}.{code}", SPLITS[split], _rows(voice, passages))
    _tydiqa(studio)


def _squad(studio: Studio) -> None:
    splits: tuple[Split, ...] = ("train", "dev")
    for split in splits:
        first, second = (_draw(studio, task, split) for task in ("squad_v1", "squad_v2"))
        studio.mirror.table("rajpurkar/squad", "plain_text", SPLITS[split], _titled(_rows(studio.source, first)))
        studio.mirror.table("rajpurkar/squad_v2", "squad_v2", SPLITS[split], _titled(_rows(studio.source, second)))
        for voice in studio.others:
            config = f"mlqa-translate-train.{voice.language.code}"
            studio.mirror.table("facebook/mlqa", config, SPLITS[split], _rows(voice, first))


def _tydiqa(studio: Studio) -> None:
    """Every language has questions of its own; there is one table of all. What the hub calls validation is test."""
    names: dict[Split, str] = {"train": "train", "test": "validation"}
    for split, name in names.items():
        rows = list[Row]()
        for voice in studio.voices:
            code = voice.language.code
            fewer = 4 if split == "train" and code != SOURCE else 1
            count = studio.amounts.of(split) // fewer
            asked = studio.draw("tydiqa_goldp", split, lambda scene, _: inquire(scene, TYDIQA), count=count, part=code)
            rows += [{**row, "id": f"{code}-{row['id']}"} for row in _titled(_rows(voice, asked))]
        studio.mirror.table("google-research-datasets/tydiqa", "secondary_task", name, rows)


def _draw(studio: Studio, task: str, split: Split) -> list[Passage]:
    exam = EXAMS[task]
    count = studio.amounts.of(split) // exam.questions
    return studio.draw(task, split, lambda scene, _: examine(scene, exam), count=count)


def told(voice: Voice, passage: Passage) -> Told:
    """A passage in one language, with the place where each sentence begins."""
    sentences = tuple(voice.sentence(clause) for clause in passage.sentences)
    starts, at = list[int](), 0
    for sentence in sentences:
        starts.append(at)
        at += len(sentence.text) + 1
    return Told(sentences, tuple(starts), " ".join(sentence.text for sentence in sentences))


def _rows(voice: Voice, passages: Sequence[Passage]) -> list[Row]:
    rows = list[Row]()
    for passage in passages:
        text = told(voice, passage)
        for name, question in _named(passage):
            rows.append(
                {
                    "id": name,
                    "context": text.text,
                    "question": voice.say(question.clause),
                    "answers": _answers(text, question),
                }
            )
    return rows


def _titled(rows: Sequence[Row]) -> list[Row]:
    return [{"id": row["id"], "title": "", **row} for row in rows]


def _named(passage: Passage) -> Iterator[tuple[str, Question]]:
    """The questions with names that are the same in every language."""
    for number, question in enumerate(passage.questions):
        yield digest([repr(passage), number])[:24], question


def _answers(text: Told, question: Question) -> dict[str, list[object]]:
    if question.sentence is None:
        return {"text": [], "answer_start": []}
    start, end = text.sentences[question.sentence].span(question.clause.asked)
    shift = text.starts[question.sentence]
    return {"text": [text.text[shift + start : shift + end]], "answer_start": [shift + start]}


def _lareqa(voice: Voice, passages: Sequence[Passage]) -> object:
    paragraphs = list[object]()
    for passage in passages:
        text = told(voice, passage)
        ends = [start + len(sentence.text) for start, sentence in zip(text.starts, text.sentences, strict=True)]
        questions = [
            {
                "id": name,
                "question": voice.say(question.clause),
                "answers": [
                    {"text": answer, "answer_start": start}
                    for answer, start in zip(*_answers(text, question).values(), strict=True)
                ],
            }
            for name, question in _named(passage)
        ]
        breaks = [list(pair) for pair in zip(text.starts, ends, strict=True)]
        paragraphs.append({"context": text.text, "qas": questions, "sentence_breaks": breaks})
    return {"version": "miniature", "data": [{"title": "", "paragraphs": paragraphs}]}
