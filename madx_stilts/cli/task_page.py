"""One task as a page. No torch."""

from madx_stilts.cli.page import Facts
from madx_stilts.languages import LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split, Task

SHAPES = {
    "pair": "two texts, one label",
    "choice": "a question, several answers to choose from",
    "span": "a question, the answer is a part of a text",
    "tagging": "a sentence, a tag for each word",
    "retrieval": "texts that are looked for among others",
    "text": "plain text",
}


def task_sections(task: Task) -> dict[str, Facts]:
    """All that is worth knowing about a task, in sections."""
    return {
        "": [
            ("format", f"{task.format}: {SHAPES[task.format]}"),
            ("labels", _labels(task)),
            ("metrics", _metrics(task)),
            ("languages", _languages(task)),
            ("licence", task.licence),
            ("citation", task.citation),
            ("version", str(task.version)),
            ("note", task.note),
        ],
        "Data": [(split, _places(task, split)) for split in task.splits],
        _trained_where(task): [(name, _trained_on(TASKS[name])) for name in task.trains_on],
        "Use": _use(task),
    }


def task_row(task: Task) -> list[str]:
    """Name, format, roles, what it is trained on, metric and number of languages, for a table."""
    roles = ", ".join(map(str, task.roles))
    trained = " then ".join(task.trains_on) or "itself"
    return [task.name, task.format, roles, trained, task.primary_metric, str(len(task.languages))]


def task_facts(task: Task) -> dict[str, object]:
    """The same for programs."""
    sources: dict[str, object] = {split: _places(task, split) for split in task.splits}
    return {
        "name": task.name,
        "format": task.format,
        "roles": [str(role) for role in task.roles],
        "trained_on": list(task.training_tasks),
        "source_language": task.source_language,
        "languages": list(task.languages),
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
    return ", ".join(task.labels)


def _metrics(task: Task) -> str:
    first, *others = task.metrics
    return ", ".join([f"{first} (the one that counts)" if others else first, *others])


def _languages(task: Task) -> str:
    return f"{len(task.languages)}: {', '.join(task.languages)}"


def _name(language: str) -> str:
    return LANGUAGES[language].name if language in LANGUAGES else language


def _places(task: Task, split: Split) -> str:
    """Where a split is; each place with its languages where they are not the task's."""
    if task.union_of:
        return " and ".join(_places(one, split) for one in task.union_of)
    places = (
        source.describe() + (f" ({', '.join(source.languages)})" if source.languages else "")
        for source in task.sources[split]
    )
    return "; ".join(places)


def _trained_where(task: Task) -> str:
    """Where the training data of a task come from that has none of its own."""
    order = "first on the one, then on the other, " if len(task.trains_on) > 1 else ""
    return f"Trained {order}in {_name(task.source_language)}"


def _trained_on(task: Task) -> str:
    return f"{_places(task, 'train')}; licence {task.licence}"


def _use(task: Task) -> Facts:
    if Role.TARGET in task.roles:
        return [
            ("alone", f"madx-stilts train target {task.name}"),
            ("on another", f"madx-stilts train target {task.name} --on intermediate/NAME"),
            ("score", f"madx-stilts evaluate {task.name} --stack target/{task.name}"),
        ]
    return [("train", f"madx-stilts train intermediate {task.name}")]
