"""The scores of a submission, equal to those of the official evaluator of XTREME and XTREME-R.

That is `evaluate.py` of google-research/xtreme (at 838c13b) with seqeval 1.2.2. It scores the tasks that both the
submission and the labels have a folder for. A task has one score by language and metric, their means, and an
`avg_metric`, for question answering the mean of exact match and F1. A group has a score where all its tasks have one.
`all_task` is the mean over all tasks, where none is missing. For XTREME-R the official evaluator never gives it, since
it waits for LAReQA, which it cannot score; `mean_of_all_tasks` is ours, and has LAReQA.

Where the official evaluator stops at the first fault, or counts a damaged file as wrong answers, all faults are told at
once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

from madx_stilts.errors import DataError
from madx_stilts.files import read_bounded
from madx_stilts.metrics.means import mean
from madx_stilts.report.layout import GROUPS, LAYOUTS, Benchmark, SubmissionLayout, tasks_of
from madx_stilts.report.scorers import FileScore

LARGEST: Final = 2**28
"""Bytes of a file of predictions or labels; the largest of XTREME has a few million."""


@dataclass(frozen=True)
class TaskScores:
    """The scores of one task.

    Args:
        layout: The task.
        scores: By metric and language, 0 to 100.
    """

    layout: SubmissionLayout
    scores: Mapping[str, Mapping[str, float]]

    @property
    def headline(self) -> float:
        """The score of the task, 0 to 100: `avg_metric`."""
        return fmean(mean(self.scores[metric]) for metric in self.layout.headline)

    def tree(self) -> dict[str, object]:
        """The part of the official tree that is about this task."""
        means = {f"avg_{metric}": mean(values) for metric, values in self.scores.items()}
        by_language = {metric: dict(values) for metric, values in self.scores.items()}
        return {**by_language, **means, "avg_metric": self.headline}


@dataclass(frozen=True)
class SubmissionScores:
    """The scores of a submission.

    Args:
        benchmark: What it was scored as.
        tasks: By folder, those that were scored.
        notes: What is no fault but should be known, one sentence each.
    """

    benchmark: Benchmark
    tasks: Mapping[str, TaskScores]
    notes: tuple[str, ...]

    def groups(self) -> dict[str, float]:
        """The official means: `all_task` where it has all tasks, and each group that has all of its own."""
        official = {folder: task.headline for folder, task in self.tasks.items() if task.layout.official}
        wanted = {layout.folder for layout in tasks_of(self.benchmark)}
        means = {"all_task": fmean(official.values())} if wanted == official.keys() else {}
        for group, members in GROUPS[self.benchmark].items():
            if official.keys() >= set(members):
                means[group] = fmean(official[folder] for folder in members)
        return means

    def official(self) -> dict[str, object]:
        """What the official evaluator writes as JSON: means, then tasks."""
        trees = {folder: task.tree() for folder, task in self.tasks.items() if task.layout.official}
        return {**self.groups(), **trees}

    @property
    def mean_of_all_tasks(self) -> float | None:
        """The mean over all tasks of the benchmark, LAReQA too; None if one is missing. Ours, not the official one."""
        if any(layout.folder not in self.tasks for layout in tasks_of(self.benchmark)):
            return None
        return fmean(task.headline for task in self.tasks.values())

    def as_json(self) -> dict[str, object]:
        """Everything; what the official evaluator gives too stands under `official`."""
        own = {folder: task.tree() for folder, task in self.tasks.items() if not task.layout.official}
        return {
            "benchmark": str(self.benchmark),
            "official": self.official(),
            "own": {"mean_of_all_tasks": self.mean_of_all_tasks, **own},
            "notes": list(self.notes),
        }


def score_submission(submission: Path, labels: Path, benchmark: Benchmark) -> SubmissionScores:
    """Score a submission.

    Args:
        submission: A folder with a folder for each task.
        labels: A folder of the same layout, with the labels.
        benchmark: Decides which tasks and languages there are.

    Raises:
        DataError: A folder or file is missing, unknown or damaged, or has not as many predictions as there are labels.
            All faults are told at once.
    """
    marking = _Marking(submission, labels, benchmark)
    tasks = marking.all_tasks()
    if marking.faults:
        lines = "\n".join(f"  - {fault}." for fault in marking.faults)
        count = f"{len(marking.faults)} fault" + ("s" if len(marking.faults) > 1 else "")
        hint = f"{benchmark} has the folders {', '.join(layout.folder for layout in tasks_of(benchmark))}."
        raise DataError(f"The submission {submission} has {count}:\n{lines}", hint=hint)
    return SubmissionScores(benchmark, tasks, tuple(marking.notes))


class _Marking:
    """A submission while it is scored; collects what is wrong with it and what should be known."""

    def __init__(self, submission: Path, labels: Path, benchmark: Benchmark) -> None:
        self.submission = submission
        self.labels = labels
        self.benchmark = benchmark
        self.faults: list[str] = []
        self.notes: list[str] = []

    def all_tasks(self) -> dict[str, TaskScores]:
        """Score the tasks that both sides have, by folder."""
        self.faults += [f"There is no folder {path}" for path in (self.submission, self.labels) if not path.is_dir()]
        if self.faults:
            return {}
        there = _folders(self.submission)
        self._judge_folders(there)
        both = there & _folders(self.labels)
        tasks = {layout.folder: self._task(layout) for layout in tasks_of(self.benchmark) if layout.folder in both}
        if not tasks and not self.faults:
            self.faults.append(f"{self.submission} and {self.labels} have no folder of a task in common")
        return tasks

    def _judge_folders(self, there: set[str]) -> None:
        """Tell which folders are not scored, and why."""
        known, wanted = {layout.folder for layout in LAYOUTS.values()}, {one.folder for one in tasks_of(self.benchmark)}
        self.faults += [f"{self.submission / name} is the folder of no task" for name in sorted(there - known)]
        foreign = sorted(there & known - wanted)
        self.notes += [f"{name} is not scored: {self.benchmark} does not have it." for name in foreign]
        blind = sorted(there & wanted - _folders(self.labels))
        self.notes += [f"{name} is not scored: {self.labels} has no labels for it." for name in blind]

    def _task(self, layout: SubmissionLayout) -> TaskScores:
        """Score all languages of a task; those that cannot be become faults."""
        judged = {}
        for language in layout.languages[self.benchmark]:
            files = (layout.file(folder, language) for folder in (self.submission, self.labels))
            try:
                judged[language] = _judged(layout, language, *files)
            except ValueError as error:
                self.faults.append(str(error).removesuffix("."))
        self.notes += _notes_on(layout.folder, judged)
        metrics = dict.fromkeys(metric for one in judged.values() for metric in one.scores)
        by_metric = {name: {code: one.scores[name] for code, one in judged.items()} for name in metrics}
        return TaskScores(layout, by_metric)


def _folders(folder: Path) -> set[str]:
    """The folders in a folder; not hidden ones, which editors and systems leave there."""
    return {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}


def _judged(layout: SubmissionLayout, language: str, predictions: Path, labels: Path) -> FileScore:
    """Score one language.

    Raises:
        ValueError: It cannot be; the message names the file.
    """
    predicted, gold = (_read(layout, path) for path in (predictions, labels))
    try:
        return layout.judge(predicted=predicted, gold=gold, language=language)
    except ValueError as error:
        raise ValueError(f"{predictions}: {error}") from error


def _read(layout: SubmissionLayout, path: Path) -> object:
    """What a file holds, of predictions or of labels.

    Raises:
        ValueError: It is missing or damaged; the message names it.
    """
    try:
        text = read_bounded(path, limit=LARGEST).decode().replace("\r\n", "\n").replace("\r", "\n")
        if text.startswith("\ufeff"):
            raise ValueError("it begins with a byte order mark; write it as UTF-8 without one")
        return layout.kind.read(text)
    except FileNotFoundError as error:
        raise ValueError(f"{path} is missing") from error
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    except RecursionError as error:
        raise ValueError(f"{path}: it has far too many lists or objects inside each other") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _notes_on(task: str, judged: Mapping[str, FileScore]) -> list[str]:
    counts = {
        "questions without a prediction, each of which counts 0": {
            code: one.unanswered for code, one in judged.items()
        },
        "predictions for questions that do not exist": {code: one.unasked for code, one in judged.items()},
    }
    return [
        f"{task} has {what}: {', '.join(f'{code} {count}' for code, count in found.items() if count)}."
        for what, found in counts.items()
        if any(found.values())
    ]
