"""Small submissions with known scores, and the labels that they are scored against; and what came of a small grid."""

import json
import random
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from madx_stilts.grid.cell import Cell
from madx_stilts.report.layout import LAYOUTS, Benchmark
from madx_stilts.report.results import CellOutcome, JobCost, Results, Target
from madx_stilts.tasks.world import ConstructedLanguage, ConstructedWorld


def squad_file(answers: Mapping[str, Sequence[str]]) -> str:
    """Questions with their right answers, in the format of SQuAD."""
    questions = [
        {"id": name, "question": "?", "answers": [{"text": text, "answer_start": 0} for text in right]}
        for name, right in answers.items()
    ]
    return json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": "c", "qas": questions}]}]})


def choice_file(labels: Sequence[int]) -> str:
    """A file of XCOPA, with more than labels."""
    return "".join(json.dumps({"premise": "p", "label": label, "idx": at}) + "\n" for at, label in enumerate(labels))


# Predictions, the labels as a file, and the score of the task.
KNOWN: Mapping[str, tuple[Any, str, float]] = {
    "xnli": (["neutral", "entailment"], "neutral\nneutral\n", 50),
    "paws_x": (["0", "1", "1", "0"], "0\n1\n1\n1\n", 75),
    "udpos": ([["NOUN", "VERB", "VERB"], ["DET", "NOUN"]], "NOUN\nNOUN\nVERB\n\nDET\nNOUN\n", 50),
    "panx": ([["I-PER", "I-PER", "O"]], "B-PER\nI-PER\nO\n", 100),
    "xquad": ({"1": "The cat.", "2": "big dog"}, squad_file({"1": ["dog", "cat"], "2": ["dogs"]}), 50),
    "mlqa": ({"1": "1 2"}, squad_file({"1": ["1 2 3 4"]}), 100 / 3),
    "tydiqa_goldp": ({"1": "yes"}, squad_file({"1": ["yes"]}), 100),
    "bucc2018": ({("a", "b"), ("a", "c"), ("b", "c")}, "b\tc\n", 50),
    "tatoeba": ([0, 2, 1, 3], "0\n1\n2\n3\n", 50),
    "xcopa": ([0, 1, 1, 1], choice_file([1, 0, 1, 0]), 25),
    "mewsli_x": ({"1": ["Q2", "Q1"]}, json.dumps({"1": ["Q1"]}), 50),
    "lareqa": ({"1": ["a", "x", "b"]}, json.dumps({"1": ["a", "b"]}), 250 / 3),
}


class Submission:
    """A submission and its labels on disk."""

    def __init__(self, root: Path) -> None:
        self.folder, self.labels = root / "submission", root / "labels"
        self.folder.mkdir(parents=True)
        self.labels.mkdir()

    def put(self, task: str, language: str, predictions: Any = None, gold: str | None = None) -> None:
        """Write one language; what is not given is known."""
        layout, (known, known_gold, _) = LAYOUTS[task], KNOWN[task]
        text = layout.kind.write(known if predictions is None else predictions)
        self.put_raw(task, language, text, known_gold if gold is None else gold)

    def put_raw(self, task: str, language: str, text: str | bytes, gold: str | None = None) -> None:
        """Write one language as it is; the labels too, if they are given."""
        for folder, content in ((self.folder, text), (self.labels, gold)):
            if content is not None:
                path = LAYOUTS[task].file(folder, language)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content.encode() if isinstance(content, str) else content)

    def put_tasks(self, benchmark: Benchmark, *tasks: str) -> None:
        """Write all languages of tasks."""
        for task in tasks:
            for language in LAYOUTS[task].languages[benchmark]:
                self.put(task, language)


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    return Submission(tmp_path)


@pytest.fixture
def known() -> Mapping[str, tuple[Any, str, float]]:
    """Predictions, labels and score by task."""
    return KNOWN


@pytest.fixture
def squad_text() -> Callable[[Mapping[str, Sequence[str]]], str]:
    """Writes a file of SQuAD."""
    return squad_file


# --- What came of a small grid: five intermediates, three targets, one of them retrieval. ---

INTERMEDIATES = ("none", "mnli", "squad_v1", "ccg", 'a<b>&"c"')
TARGETS = (
    Target("xnli", 1, "accuracy", "qaa", ("qaa", "qab", "qac")),
    Target("tydiqa_goldp", 1, "f1", "qaa", ("qaa", "qab", "qac")),
    Target("tatoeba", 1, "accuracy", "qaa", ("qab", "qac"), retrieval=True),
)
WORLD = ConstructedWorld(
    folder=Path("world"),
    name="miniature",
    seed=1,
    source="qaa",
    languages=tuple(
        ConstructedLanguage(code=code, name=name, script="Latn", seen=True, distance=at / 4)
        for at, (code, name) in enumerate((("qaa", "Mirean"), ("qab", "Doveli"), ("qac", "Khar<uv>")))
    ),
)
HOLES = frozenset({("mnli", "xnli", 0), ("squad_v1", "tydiqa_goldp", 0), ("squad_v1", "tydiqa_goldp", 1)})


def outcome(cell: Cell, target: Target, *, fingerprint: str = "sum", plus: float = 0.0) -> CellOutcome:
    """Scores that are the same each time, other ones in each cell."""
    draw = random.Random(f"{cell}{target.version}")
    scores = {}
    for language in target.languages:
        value = draw.uniform(20, 80) + plus
        scores[language] = {target.metric: value, "other": value / 2, "n": 100.0}
    bare = target.retrieval and cell.intermediate == "none"
    return CellOutcome(cell, target, fingerprint, scores, job="bare" if bare else str(cell))


@pytest.fixture
def outcome_of() -> Callable[..., CellOutcome]:
    """Makes the scores of a cell."""
    return outcome


@pytest.fixture
def results_of() -> Callable[..., Results]:
    """Makes what came of the grid, with these seeds and holes."""

    def make(seeds: Sequence[int] = (0, 1), holes: Set[tuple[str, str, int]] = HOLES) -> Results:
        outcomes = []
        for intermediate, target, seed in product(INTERMEDIATES, TARGETS, seeds):
            cell = Cell("tiny", intermediate, "stack", "none", target.name, seed)
            if (intermediate, target.name, seed) in holes:
                outcomes.append(CellOutcome(cell, target, job=str(cell), why="failed", reason=f"{cell} <failed>"))
                continue
            # The bare backbone scores the same whatever the seed.
            bare = target.retrieval and intermediate == "none"
            outcomes.append(replace(outcome(replace(cell, seed=0) if bare else cell, target), cell=cell))
        cost = JobCost("j", "train", "target/xnli", "done", 3, 61.0, 90.0, 2**30, "cpu")
        names = tuple(target.name for target in TARGETS)
        costs = (cost, replace(cost, job="k", kind="score", name="score xnli", status="failed"))
        return Results("small", tuple(outcomes), INTERMEDIATES, names, tuple(seeds), costs=costs, world=WORLD)

    return make
