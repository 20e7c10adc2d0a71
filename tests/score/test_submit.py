"""What is submitted scores, by XTREME's evaluator, what the same predictions score here."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.data.read import Examples
from madx_stilts.data.rows import Files
from madx_stilts.errors import UnknownName, UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.formats.answers import Answer
from madx_stilts.formats.choice import ChoiceExample
from madx_stilts.formats.pair import PairExample
from madx_stilts.formats.retrieval import RankedCandidate, RetrievalExample
from madx_stilts.formats.span import SpanExample, SpanPrediction
from madx_stilts.formats.tagging import TagExample
from madx_stilts.report.layout import LAYOUTS, Benchmark
from madx_stilts.report.xtreme import score_submission
from madx_stilts.score.submit import submit
from madx_stilts.tasks import TASKS


def squad(answers: dict[str, list[str]]) -> str:
    questions = [
        {"id": name, "answers": [{"text": text, "answer_start": 0} for text in texts]}
        for name, texts in answers.items()
    ]
    return json.dumps({"data": [{"paragraphs": [{"context": "c", "qas": questions}]}]})


def question(name: str, *answers: str) -> SpanExample:
    return SpanExample(name, 0, "q", "c", tuple(Answer(text, 0) for text in answers))


def found(*ids: str) -> tuple[RankedCandidate, ...]:
    return tuple(RankedCandidate(one, 1.0) for one in ids)


# Examples, predictions for them, and the labels as XTREME has them in a file.
CASES: dict[str, tuple[Sequence[Any], Sequence[Any], str]] = {
    "xnli": (
        [PairExample("0", 0, "a", "b", "neutral"), PairExample("1", 1, "a", "b", "entailment")],
        ["neutral", "neutral"],
        "neutral\nentailment\n",
    ),
    "xcopa": (
        [ChoiceExample("0", 0, "a", ("b", "c"), 1), ChoiceExample("1", 1, "a", ("b", "c"), 1)],
        [1, 0],
        '{"label": 1}\n{"label": 1}\n',
    ),
    "udpos": (
        [TagExample("0", 0, ("a", "b"), ("NOUN", "VERB")), TagExample("1", 1, ("a",), ("DET",))],
        [("NOUN", "NOUN"), ("DET",)],
        "NOUN\nVERB\n\nDET\n",
    ),
    "xquad": (
        [question("x", "the dog", "cat"), question("y", "two birds")],
        [SpanPrediction("dog", 1.0, 0.0), SpanPrediction("birds", 1.0, 0.0)],
        squad({"x": ["the dog", "cat"], "y": ["two birds"]}),
    ),
    "mlqa": (
        [question("x", "der Hund"), question("y", "zwei")],
        [SpanPrediction("Hund", 1.0, 0.0), SpanPrediction("", 1.0, 0.0)],
        squad({"x": ["der Hund"], "y": ["zwei"]}),
    ),
    # The English lines are sorted: b, c, z are 2, 0, 1 in the other file.
    "tatoeba": (
        [
            RetrievalExample("0", 0, "c", ("0",)),
            RetrievalExample("1", 1, "z", ("1",)),
            RetrievalExample("2", 2, "b", ("2",)),
        ],
        [found("0"), found("2"), found("2")],
        "2\n0\n1\n",
    ),
    "bucc2018": (
        [RetrievalExample("de-1", 0, "a", ("en-1",)), RetrievalExample("de-2", 1, "b", ())],
        [found("en-1"), found("en-2")],
        "de-1\ten-1\n",
    ),
    "mewsli_x": (
        [RetrievalExample("m1", 0, "a", ("Q1",)), RetrievalExample("m2", 1, "b", ("Q2",))],
        [found("Q2", "Q1"), found("Q2")],
        '{"m1": ["Q1"], "m2": ["Q2"]}',
    ),
}
OURS = {"udpos": "f1_xtreme", "mewsli_x": "mrr_at_20"}


def examples_of(name: str, language: str) -> Examples[Any]:
    return Examples(TASKS[name], language, "test", list(CASES[name][0]), "here", "0", Files())


@pytest.mark.parametrize("name", CASES)
def test_a_submission_scores_what_its_predictions_score(name: str, tmp_path: Path) -> None:
    examples, predictions, gold = CASES[name]
    layout = LAYOUTS[name]
    benchmark = next(one for one in Benchmark if one in layout.languages)
    for language in layout.languages[benchmark]:
        submit(tmp_path / "out", examples_of(name, language), predictions)
        file = layout.file(tmp_path / "gold", language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(gold, encoding="utf-8")
    marked = score_submission(tmp_path / "out", tmp_path / "gold", benchmark).tasks[layout.folder]
    metric = layout.headline[0]
    for language, theirs in marked.scores[metric].items():
        ours = FORMATS[TASKS[name].format].score(predictions, examples, TASKS[name], language)
        assert theirs == pytest.approx(ours[OURS.get(name, metric)])


def test_a_task_or_language_without_a_place_in_a_submission_is_refused(tmp_path: Path) -> None:
    examples, predictions, _ = CASES["xnli"]
    mnli = Examples(TASKS["mnli"], "en", "test", list(examples), "here", "0", Files())
    with pytest.raises(UnknownName):
        submit(tmp_path, mnli, predictions)
    with pytest.raises(UsageError, match="not submitted in ko"):
        submit(tmp_path, examples_of("xnli", "ko"), predictions)
    assert not list(tmp_path.iterdir())
