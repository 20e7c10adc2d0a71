"""Where each task of XTREME and XTREME-R lies in a submission, in which shape, and what it is scored with.

All of it is that of XTREME's `evaluate.py` (google-research/xtreme at 838c13b), except for LAReQA: the official
evaluator knows its name but no languages, files or metric for it. The layout here is ours, made after that of Mewsli-X.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from madx_stilts import languages
from madx_stilts.registry import Registry
from madx_stilts.report import scorers as judges
from madx_stilts.report.kinds import (
    ANSWERS,
    CHOICES,
    ENTAILMENT,
    INDICES,
    PAIRS,
    RANKINGS,
    TAGS,
    YES_OR_NO,
    PredictionKind,
)
from madx_stilts.report.scorers import FileScorer


class Benchmark(StrEnum):
    """Which tasks and languages a submission must have."""

    XTREME = "xtreme"
    XTREME_R = "xtreme_r"


@dataclass(frozen=True)
class SubmissionLayout:
    """One task in a submission.

    Args:
        folder: The name of its folder.
        kind: The shape of its predictions.
        judge: What it is scored with.
        headline: The metrics whose mean is the score of the task.
        languages: By benchmark; a task that a benchmark does not have is not there.
        official: Whether the official evaluator can score it.
    """

    folder: str
    kind: PredictionKind
    judge: FileScorer
    headline: tuple[str, ...]
    languages: Mapping[Benchmark, tuple[str, ...]]
    official: bool = True

    def file(self, submission: Path, language: str) -> Path:
        """Where one language lies, in a folder of predictions or of labels."""
        return submission / self.folder / f"test-{language}.{self.kind.suffix}"


_X, _R = Benchmark.XTREME, Benchmark.XTREME_R
_QA = ("exact_match", "f1")

LAYOUTS: Registry[SubmissionLayout] = Registry("task of XTREME or XTREME-R")
"""Every task that has a place in a submission, by our name for it."""

for _name, _layout in {
    "xnli": SubmissionLayout(
        "xnli", ENTAILMENT, judges.accuracy, ("accuracy",), {_X: languages.XNLI, _R: languages.XNLI}
    ),
    "paws_x": SubmissionLayout("pawsx", YES_OR_NO, judges.accuracy, ("accuracy",), {_X: languages.PAWS_X}),
    "xcopa": SubmissionLayout("xcopa", CHOICES, judges.accuracy, ("accuracy",), {_R: languages.XCOPA}),
    "udpos": SubmissionLayout("udpos", TAGS, judges.spans, ("f1",), {_X: languages.UDPOS, _R: languages.UDPOS_R}),
    "panx": SubmissionLayout("panx", TAGS, judges.spans, ("f1",), {_X: languages.PANX, _R: languages.PANX_R}),
    "xquad": SubmissionLayout("xquad", ANSWERS, judges.squad, _QA, {_X: languages.XQUAD, _R: languages.XQUAD_R}),
    "mlqa": SubmissionLayout("mlqa", ANSWERS, judges.mlqa, _QA, {_X: languages.MLQA, _R: languages.MLQA}),
    "tydiqa_goldp": SubmissionLayout(
        "tydiqa", ANSWERS, judges.squad, _QA, {_X: languages.TYDIQA, _R: languages.TYDIQA}
    ),
    "bucc2018": SubmissionLayout("bucc2018", PAIRS, judges.pairs, ("f1",), {_X: languages.BUCC}),
    "tatoeba": SubmissionLayout(
        "tatoeba", INDICES, judges.accuracy, ("accuracy",), {_X: languages.TATOEBA, _R: languages.TATOEBA_R}
    ),
    "mewsli_x": SubmissionLayout("mewslix", RANKINGS, judges.reciprocal_rank, ("map@20",), {_R: languages.MEWSLI_X}),
    "lareqa": SubmissionLayout(
        "lareqa", RANKINGS, judges.average_precision, ("map@20",), {_R: languages.LAREQA}, official=False
    ),
}.items():
    LAYOUTS.add(_name, _layout, owner=__name__)

GROUPS: Mapping[Benchmark, Mapping[str, tuple[str, ...]]] = {
    Benchmark.XTREME: {
        "classification": ("pawsx", "xnli"),
        "tagging": ("udpos", "panx"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("bucc2018", "tatoeba"),
    },
    Benchmark.XTREME_R: {
        "classification": ("xnli", "xcopa"),
        "tagging": ("udpos", "panx"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("tatoeba", "mewslix"),
        "multi_choice": ("xcopa",),
    },
}
"""Folders by group. XCOPA is in two groups of XTREME-R; LAReQA is in none."""


def tasks_of(benchmark: Benchmark) -> Iterator[SubmissionLayout]:
    """The tasks that a benchmark has."""
    return (layout for layout in LAYOUTS.values() if benchmark in layout.languages)
