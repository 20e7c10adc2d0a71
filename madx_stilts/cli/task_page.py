"""One task as a page. No torch."""

from collections.abc import Iterable

from madx_stilts.cli.page import Facts
from madx_stilts.data.sources import DataSources
from madx_stilts.stack import Role
from madx_stilts.tasks.benchmarks import BENCHMARKS
from madx_stilts.tasks.task import Source, Sources, Split, Task
from madx_stilts.tasks.world import language_name

COLUMNS = ("task", "format", "metric", "languages", "trained on", "benchmark")
"""Of the tables that list tasks; some have only the first of them."""
MANY_LANGUAGES = 8
"""Languages of a place are named up to so many."""
SHAPES = {
    "pair": "two texts, one label",
    "choice": "a question, several answers to choose from",
    "span": "a question, the answer is a part of a text",
    "tagging": "a sentence, a tag for each word",
    "retrieval": "texts that are looked for among others",
    "text": "plain text",
}


def task_sections(task: Task, place: DataSources) -> dict[str, Facts]:
    """All that is worth knowing about a task, in sections.

    Args:
        place: Where its data are looked up, and those of the tasks that it is trained on.
    """
    stages = [place.tasks[name] for name in task.trains_on if name in place.tasks]
    source = language_name(task.source_language, place.world) or task.source_language
    return {
        "": [
            ("format", f"{task.format}: {SHAPES[task.format]}"),
            ("labels", _labels(task)),
            ("metrics", _metrics(task)),
            ("languages", _languages(task)),
            ("benchmarks", ", ".join(benchmarks_of(task))),
            ("licence", task.licence),
            ("citation", task.citation),
            ("version", str(task.version)),
            ("note", task.note),
        ],
        "Data": [line for split in task.splits for line in _lines(split, _places(task, split))],
        "Looked for among": [
            line for split, sources in task.candidates.items() for line in _lines(split, _told(sources, task))
        ],
        _trained_where(task, source): [
            line for stage in stages for line in _lines(stage.name, _trained_on(stage, task.source_language))
        ],
        "Use": _use(task),
    }


def task_tables(tasks: Iterable[Task]) -> dict[str, list[list[str]]]:
    """Rows of tables that list tasks, by heading: what a newcomer looks for stands together."""
    tables: dict[str, list[list[str]]] = {
        "Targets: the tasks of XTREME and XTREME-R": [],
        "More targets, most of them intermediate tasks too": [],
        "Intermediate tasks": [],
    }
    benchmark, more, intermediate = tables.values()
    for task in tasks:
        if benchmarks_of(task):
            benchmark.append([*_row(task), _named(benchmarks_of(task))])
        elif Role.TARGET in task.roles:
            more.append(_row(task))
        else:
            intermediate.append(_row(task)[:-1])
    return {title: rows for title, rows in tables.items() if rows}


def benchmarks_of(task: Task) -> list[str]:
    """The benchmarks that score a task."""
    return [name for name, tasks in BENCHMARKS.items() if task.name in tasks]


def _row(task: Task) -> list[str]:
    """Name, format, metric, languages and what it is trained on."""
    languages = task.languages[0] if len(task.languages) == 1 else str(len(task.languages))
    trained = " then ".join(task.trains_on) or ("itself" if "train" in task.splits else "-")
    return [task.name, task.format, task.primary_metric, languages, trained]


def _named(benchmarks: list[str]) -> str:
    return "both" if len(benchmarks) == len(BENCHMARKS) else ", ".join(benchmarks)


def task_facts(task: Task) -> dict[str, object]:
    """The same for programs."""
    sources: dict[str, object] = {split: "; ".join(_places(task, split)) for split in task.splits}
    return {
        "name": task.name,
        "format": task.format,
        "roles": [str(role) for role in task.roles],
        "trained_on": list(task.training_tasks),
        "source_language": task.source_language,
        "languages": list(task.languages),
        "benchmarks": benchmarks_of(task),
        "labels": list(task.labels),
        "metrics": list(task.metrics),
        "primary_metric": task.primary_metric,
        **sources,
        "licence": task.licence,
        "citation": task.citation,
        "note": task.note,
        "version": task.version,
    }


def _labels(task: Task) -> str:
    return ", ".join(task.labels) or (f"those that {task.label_file} tells, beside the data" if task.label_file else "")


def _metrics(task: Task) -> str:
    first, *others = task.metrics
    return ", ".join([f"{first} (the one that counts)" if others else first, *others])


def _languages(task: Task) -> str:
    return f"{len(task.languages)}: {', '.join(task.languages)}"


def _places(task: Task, split: Split) -> list[str]:
    """Where a split is, the preferred place first."""
    if task.union_of:
        names = [one.name for one in task.union_of]
        return [f"all rows of {', '.join(names[:-1])} and {names[-1]}, one after another"]
    return _told(task.sources[split], task)


def _told(sources: Sources, task: Task) -> list[str]:
    """Places, each with its languages where they are not the task's."""
    return [f"{source.describe()}{_only(source, task)}" for source in sources]


def _only(source: Source, task: Task) -> str:
    if not source.languages or {*source.languages} == {*task.languages}:
        return ""
    if len(source.languages) > MANY_LANGUAGES:
        return f" ({len(source.languages)} languages)"
    return f" ({', '.join(source.languages)})"


def _lines(key: str, values: list[str]) -> Facts:
    """A fact with several values, each on a line of its own."""
    return [(key if at == 0 else "", value) for at, value in enumerate(values)]


def _trained_where(task: Task, language: str) -> str:
    """The language that the training data of a task are in that has none of its own."""
    order = "first on the one, then on the other, " if len(task.trains_on) > 1 else ""
    return f"Trained {order}in {language}"


def _trained_on(task: Task, language: str) -> list[str]:
    """Where the training data of a task in one language are."""
    sources = task.places("train", language)
    *others, last = (source.describe() for source in sources) if sources else _places(task, "train")
    return [*others, f"{last}; licence {task.licence}"]


def _use(task: Task) -> Facts:
    lines = [("check its data", f"madx-stilts tasks check {task.name}")]
    trained = bool(task.trains_on) or "train" in task.splits
    if Role.INTERMEDIATE in task.roles:
        lines.append(("train", f"madx-stilts train intermediate {task.name}"))
    if Role.TARGET in task.roles and trained:
        lines += [
            ("alone", f"madx-stilts train target {task.name}"),
            ("on another", f"madx-stilts train target {task.name} --on intermediate/NAME"),
        ]
    if Role.TARGET in task.roles:
        stack = f"target/{task.name}" if trained else "intermediate/NAME"
        lines.append(("score", f"madx-stilts evaluate {task.name} --stack {stack}"))
    return lines
