"""In which languages a target is scored, and which language adapters that takes."""

from collections.abc import Iterable
from dataclasses import dataclass

from madx_stilts.bounds import Count
from madx_stilts.errors import MadxStiltsError
from madx_stilts.grid.grid import Grid, Languages, ScoringChange
from madx_stilts.spellings import meeting, same
from madx_stilts.tasks.benchmarks import BENCHMARKS
from madx_stilts.tasks.task import Split, Task


@dataclass(frozen=True)
class ScoringScope:
    """What of a target is scored.

    Args:
        source: The language of its training data, and of its language adapter.
        texts: All languages that a stack sees when it is scored: those of the scores, and in retrieval those of
            queries and candidates.
    """

    split: Split
    limit: Count | None
    languages: tuple[str, ...]
    source: str
    texts: tuple[str, ...]

    def exchanged(self, grid: Grid) -> dict[str, str]:
        """The languages that get another adapter where it is exchanged, each with the code that its adapter has.

        That is its own code, or one that meets it (`spellings.meeting`): the adapter of `qu` serves `quy` too, unless
        there is one of `quy`. The source language keeps its own.
        """
        chosen = grid.train.language.languages
        others = [code for code in self.texts if code != self.source]
        if chosen == "all":
            return dict(zip(others, others, strict=True))
        return {code: found for code in others if (found := meeting(code, chosen)) is not None}

    def missing(self, grid: Grid) -> tuple[str, ...]:
        """The languages that get none."""
        return tuple(code for code in self.texts if code not in {self.source, *self.exchanged(grid)})


def scope_of(grid: Grid, task: Task) -> ScoringScope:
    """What of a target is scored in a grid without faults.

    Raises:
        UsageError: The target has no data in a language.
        DataError: It has no such split.
    """
    split, limit, asked = _asked(grid, task)
    languages = _chosen(asked, task, split)
    for language in languages:
        task.places(split, language)
    return ScoringScope(split, limit, languages, task.source_language, _texts(task, languages, split))


def scope_faults(grid: Grid, task: Task) -> Iterable[str]:
    """What is wrong with what is asked of a target, a sentence for each fault."""
    split, _, asked = _asked(grid, task)
    if split not in task.splits:
        yield f"{task.name} has no {split} split; it has: {', '.join(task.splits) or 'none'}"
        return
    if not asked:
        yield f"{task.name} is scored in no language"
    if isinstance(asked, str) and asked != "all" and task.name not in BENCHMARKS[asked]:
        yield f"languages are those of {asked}, which has no {task.name}; it has: {', '.join(BENCHMARKS[asked])}"
        return
    languages = _chosen(asked, task, split)
    try:
        known = task.languages_of(split)
    except MadxStiltsError as error:
        yield error.message
        return
    absent = [code for code in languages if code not in known]
    if absent:
        meant = [f"; write {found} for {code}" for code in absent if (found := same(code, known)) is not None]
        yield f"{task.name} has no {split} data in {', '.join(absent)}; it has: {', '.join(known)}{''.join(meant)}"
    twice = sorted({code for code in languages if languages.count(code) > 1})
    if twice:
        yield f"{task.name} would be scored twice in {', '.join(twice)}"


def _asked(grid: Grid, task: Task) -> tuple[Split, Count | None, Languages]:
    change = grid.evaluate.by_task.get(task.name, ScoringChange())
    written = change.model_fields_set
    return (
        change.split if "split" in written else grid.evaluate.split,
        change.limit if "limit" in written else grid.evaluate.limit,
        change.languages if "languages" in written else grid.languages,
    )


def _chosen(asked: Languages, task: Task, split: Split) -> tuple[str, ...]:
    if asked == "all":
        return task.languages_of(split)
    return BENCHMARKS[asked].get(task.name, ()) if isinstance(asked, str) else asked


def _texts(task: Task, languages: tuple[str, ...], split: Split) -> tuple[str, ...]:
    if task.search is None:
        return languages
    queries = [task.query_language or code for code in languages]
    match task.candidate_language:
        case "all":
            candidates = [*task.searched.languages_of(split)]
        case "mixed":
            candidates = []
        case fixed:
            candidates = [fixed or code for code in languages]
    return tuple(dict.fromkeys((*languages, *queries, *candidates)))
