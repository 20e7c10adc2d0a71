"""Faults of a grid, all of them at once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain, islice
from math import prod

from madx_stilts.bounds import MAX_CELLS
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.incompatible import misfits
from madx_stilts.grid.intermediate import NAME, NONE, IntermediateSpec
from madx_stilts.grid.scope import scope_faults
from madx_stilts.stack import name_fault
from madx_stilts.tasks.task import Task

_ENOUGH = 200
"""Faults after which nobody looks for more: near names are looked up for each."""


def faults_of(grid: Grid, tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """One sentence for each fault, beginning with the key.

    Args:
        tasks: Those there are, by name.
    """
    if fault := _too_large(grid):
        return (fault,)
    faults = [*islice(chain(_axes(grid), _transfers(grid), _settings(grid, tasks)), _ENOUGH)]
    sound = []
    for at, column in enumerate(grid.intermediates):
        if len(faults) > _ENOUGH:
            return tuple(faults)
        found = [f"intermediates.{at}: {fault}" for fault in _column(column, tasks)]
        faults += found
        sound += [] if found else [(at, column)]
    faults += _twins(sound, tasks)
    targets = []
    for at, name in enumerate(grid.targets):
        if len(faults) > _ENOUGH:
            return tuple(faults)
        found = [f"targets.{at}: {fault}" for fault in _target(grid, name, tasks)]
        faults += found
        targets += [] if found else [name]
    # Whether things fit together is looked into where each is sound by itself.
    faults += misfits(grid, sound, targets, tasks)
    return tuple(dict.fromkeys(faults))


def _too_large(grid: Grid) -> str:
    """Why a grid has more cells than can be planned; empty if it has not. Before all else, which takes time by cell."""
    axes = {key: len(values) for key, values in _axes_of(grid).items() if key != "languages"}
    cells = prod(axes.values())
    if cells <= MAX_CELLS:
        return ""
    written = " x ".join(f"{size:,} {key}" for key, size in axes.items() if size > 1)
    return f"the grid has {cells:,} cells ({written}), at most {MAX_CELLS:,} are planned"


def _axes_of(grid: Grid) -> dict[str, Sequence[object]]:
    return {
        "backbones": grid.backbones,
        "intermediates": grid.intermediates,
        "transfers": grid.transfers,
        "language_adapters": grid.language_adapters,
        "targets": grid.targets,
        "languages": grid.languages,
        "seeds": grid.seeds,
    }


def _axes(grid: Grid) -> Iterator[str]:
    if not NAME.fullmatch(grid.name):
        yield f"name: {grid.name!r} would be no file name; use letters, digits, '.', '_' and '-'"
    elif fault := name_fault(grid.name):
        yield f"name: {fault}"
    for key, values in _axes_of(grid).items():
        if not values:
            yield f"{key}: is empty, so the grid has no cell"
        if key not in {"intermediates", "languages"}:
            twice = [value for value, times in Counter(values).items() if times > 1]
            yield from (f"{key}: {value} stands there twice" for value in twice)


def _transfers(grid: Grid) -> Iterator[str]:
    if "fuse" in grid.transfers:
        at = grid.transfers.index("fuse")
        yield f"transfers.{at}: a fusion is an intermediate, {{fuse: [mnli, ccg]}}; write stack or continue here"


def _settings(grid: Grid, tasks: Mapping[str, Task]) -> Iterator[str]:
    """What is written for tasks that there are not, or that train on the data of another."""
    for role in ("intermediate", "target"):
        for name in getattr(grid.train, role).by_task:
            key = f"train.{role}.by_task.{name}"
            if name not in tasks:
                yield f"{key}: {_unknown(name, tasks)}"
            elif "train" not in tasks[name].splits:
                yield f"{key}: has no effect, {_borrows(tasks[name])}"
    for name in grid.evaluate.by_task:
        if name not in tasks:
            yield f"evaluate.by_task.{name}: {_unknown(name, tasks)}"


def _column(column: IntermediateSpec, tasks: Mapping[str, Task]) -> Iterator[str]:
    if column.name is not None and (column.name == NONE or not NAME.fullmatch(column.name)):
        reason = "is the column without an intermediate" if column.name == NONE else "cannot be part of a name"
        yield f"{column.name!r} {reason}; use letters, digits, '.', '_' and '-'"
    elif column.name is not None and (fault := name_fault(column.name)):
        yield f"{column.name!r} cannot be part of a name: {fault}"
    if column.kind == "none":
        idle = sorted(column.model_fields_set - {"task"})
        if idle:
            yield f"{', '.join(idle)} has no effect without an intermediate"
        return
    if column.kind in {"mix", "chain", "fuse"} and len(column.words) < 2:
        yield f"a {column.kind} of {len(column.words)} is none; name two tasks or more, or write task: NAME"
    yield from _words(column, tasks)
    codes = column.text_languages
    yield from (f"its text is twice in {code}" for code in dict.fromkeys(codes) if codes.count(code) > 1)


def _words(column: IntermediateSpec, tasks: Mapping[str, Task]) -> Iterator[str]:
    """What is wrong with the tasks of a column."""
    seen: set[tuple[str, str]] = set()
    for word in column.words:
        name, sign, code = word.partition("@")
        if name not in tasks:
            yield _unknown(name, tasks)
            continue
        task = tasks[name]
        language = code or task.source_language
        if sign and not code:
            yield f"{word!r} names no language after the @"
        elif "train" not in task.splits:
            yield _borrows(task)
        elif language not in task.languages_of("train"):
            yield f"{name} has no train data in {language}; it has: {', '.join(task.languages_of('train'))}"
        if (name, language) in seen:
            how = "the chain comes back to it" if column.kind == "chain" else f"in one {column.kind}"
            yield f"{name} in {language} stands there twice: {how}"
        seen.add((name, language))


def _target(grid: Grid, name: str, tasks: Mapping[str, Task]) -> Iterator[str]:
    if name not in tasks:
        yield _unknown(name, tasks)
        return
    task = tasks[name]
    yield from scope_faults(grid, task)
    if task.search is not None:
        return
    for stage in task.training_tasks:
        if stage not in tasks:
            yield f"{name} is trained on {stage}, which is not here"
        elif "train" not in tasks[stage].splits:
            yield f"{stage} has no training data"
        elif tasks[stage].source_language not in tasks[stage].languages_of("train"):
            yield f"{stage} has no training data in {tasks[stage].source_language}"


def _twins(columns: Sequence[tuple[int, IntermediateSpec]], tasks: Mapping[str, Task]) -> Iterator[str]:
    """Columns that cannot be told apart by their names, or by what they are."""
    seen: dict[str, IntermediateSpec] = {}
    fused: dict[object, int] = {}
    for at, column in columns:
        label = column.label(tasks)
        if label not in seen:
            seen[label] = column
        elif seen[label] == column:
            yield f"intermediates.{at}: {label} stands there twice"
        else:
            yield f"intermediates.{at}: another column is called {label} too; give one of them a name"
        if column.kind == "fuse":
            unordered = column.model_copy(update={"fuse": tuple(sorted(column.words)), "name": None})
            first = fused.setdefault(unordered, at)
            if first != at and seen[label] is column:
                yield f"intermediates.{at}: fuses the same tasks as intermediates.{first}; their order means nothing"


def _borrows(task: Task) -> str:
    if task.search is not None:
        return f"{task.name} is a retrieval task, for which nothing is trained"
    return f"{task.name} has no training data of its own; name {' and '.join(task.training_tasks)}"


def _unknown(name: str, tasks: Mapping[str, Task]) -> str:
    near = get_close_matches(name, tasks, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else "`madx-stilts tasks list` shows all"
    return f"there is no task {name!r}; {hint}"
