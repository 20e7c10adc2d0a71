"""Scores of a submission, as a table."""

from collections.abc import Iterator

from madx_stilts.cli.output import echo
from madx_stilts.cli.tables import show
from madx_stilts.metrics.means import mean
from madx_stilts.report.layout import SubmissionLayout, tasks_of
from madx_stilts.report.xtreme import SubmissionScores, TaskScores


def print_submission(title: str, result: SubmissionScores) -> None:
    """Print a row per task and metric, also for tasks that are missing, and below it the means over tasks."""
    columns = ["task", "metric", "mean", "languages", "missing"]
    rows = [row for layout in tasks_of(result.benchmark) for row in _rows(layout, result)]
    show(title, columns, rows, whole=2, numbers=3)
    echo(f"\n{_means(result)}")


def _rows(layout: SubmissionLayout, result: SubmissionScores) -> Iterator[list[str]]:
    """Mean over languages of each metric that the task's score is made of, and of the score itself."""
    wanted, task = layout.languages[result.benchmark], result.tasks.get(layout.folder)
    if task is None:
        yield [layout.folder, _names(layout.headline), "-", "0", str(len(wanted))]
        return
    for metric, value in _values(layout, task):
        yield [layout.folder, metric, f"{value:.2f}", str(len(wanted)), "0"]


def _values(layout: SubmissionLayout, task: TaskScores) -> list[tuple[str, float]]:
    parts = [(_names((metric,)), mean(task.scores[metric])) for metric in layout.headline]
    return parts if len(parts) == 1 else [*parts, ("mean of both", task.headline)]


def _names(metrics: tuple[str, ...]) -> str:
    return ", ".join(metric.replace("_", " ") for metric in metrics)


def _means(result: SubmissionScores) -> str:
    """The official means, and ours where it says more: with LAReQA."""
    parts = [f"{group.replace('_', ' ')} {value:.2f}" for group, value in result.groups().items()]
    official = f"official means: {', '.join(parts)}" if parts else "official means: none, since tasks are missing"
    own = result.mean_of_all_tasks
    if own is None or "all_task" in result.groups():
        return official
    return f"{official}\nmean of all {len(result.tasks)} tasks, which the official evaluator does not give: {own:.2f}"
