"""From a grid's settings to trainings of which only what lies below, the start and the seed are still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from madx_stilts.formats import FORMATS
from madx_stilts.grid.column import Change, Column, part_of, text_parts
from madx_stilts.grid.grid import Grid, Making, Training
from madx_stilts.recipe import Frozen, Fusion, Method, Part, Recipe, Sampling, Start, TrainSettings, with_dev_limit
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM

M = TypeVar("M", bound=Frozen)


@dataclass(frozen=True, eq=False)
class Blueprint:
    """One training, before it is known what it stands on.

    Args:
        name: What its adapter is called, when nothing lies below.
        text: Where the text of its masked language modelling lies.
    """

    name: str
    parts: tuple[Part, ...]
    method: Method
    train: TrainSettings
    sampling: Sampling | None = None
    text: str = ""

    def recipe(
        self, *, below: tuple[str, ...] = (), fusion: Fusion | None = None, start: Start | None = None, seed: int = 0
    ) -> Recipe:
        """The whole recipe.

        Raises:
            ValidationError: It contradicts itself.
        """
        return Recipe(
            parts=self.parts,
            sampling=self.sampling,
            below=below,
            fusion=fusion,
            start=start,
            method=self.method,
            train=with_dev_limit(self.train, self.parts),
            seed=seed,
        )


class Drawing:
    """Makes the blueprints of a grid.

    Args:
        tasks: Those there are, by name.
    """

    def __init__(self, grid: Grid, tasks: Mapping[str, Task]) -> None:
        self.grid = grid
        self.tasks = tasks

    def language(self, code: str) -> Blueprint:
        """The training of a language adapter."""
        training = self.grid.train.language
        part = Part(
            task=MASKED_LM.name,
            version=MASKED_LM.version,
            language=code,
            limit=training.limit,
            tokens=training.tokens,
        )
        train = _with_length(training.train, [MASKED_LM])
        return Blueprint(code, (part,), training.method, train, text=training.text or "")

    def column(self, column: Column) -> tuple[Blueprint, ...]:
        """The trainings of an intermediate, one after another, or for a fusion, apart; none for the column without one.

        Raises:
            UnknownName: It names a task that is not known.
            ValidationError: Its settings contradict each other.
        """
        return tuple(
            self._stage(column, words, column.part_label(self.tasks, at))
            for at, words in enumerate(column.trainings, start=1)
        )

    def target(self, name: str) -> tuple[Blueprint, ...]:
        """The trainings of a target, one after another, the last under its own name; none if nothing is trained.

        Raises:
            UnknownName: There is no such task.
            ValidationError: Its settings contradict each other.
        """
        task = self.tasks[name]
        if task.search is not None:
            return ()
        stages = [self.tasks[stage] for stage in task.training_tasks]
        return tuple(
            self._of_task(stage, self.grid.train.target, name=task.name if at == len(stages) else stage.name)
            for at, stage in enumerate(stages, start=1)
        )

    def _of_task(self, task: Task, training: Training, name: str) -> Blueprint:
        making = changed(training, training.by_task.get(task.name, Change()))
        part = part_of(task.name, self.tasks, making.limit)
        return Blueprint(name, (part,), making.method, _with_length(making.train, [task]))

    def _stage(self, column: Column, words: Sequence[str], name: str) -> Blueprint:
        training = self.grid.train.intermediate
        by_task = [training.by_task.get(word.partition("@")[0], Change()) for word in words]
        makings = [changed(changed(training, change), column) for change in by_task]
        parts = [part_of(word, self.tasks, making.limit) for word, making in zip(words, makings, strict=True)]
        learned = [self.tasks[part.task] for part in parts]
        texts = [part.model_copy(update=self._amount) for part in text_parts(column, self.tasks)]
        making = makings[0] if len(words) == 1 else changed(training, column)
        return Blueprint(
            name,
            (*parts, *texts),
            making.method,
            _with_length(making.train, [*learned, *([MASKED_LM] if texts else [])]),
            sampling=_sampling(column) if len(words) + len(texts) > 1 else None,
            text=(column.text or self.grid.train.language.text or "") if texts else "",
        )

    @cached_property
    def _amount(self) -> dict[str, int | None]:
        """How much text is read."""
        language = self.grid.train.language
        return {"limit": language.limit, "tokens": language.tokens}


def changed(making: Making, change: Change) -> Making:
    """Settings with what is written in a change in their place.

    Raises:
        ValidationError: The two contradict each other.
    """
    written = change.model_fields_set
    return Making(
        method=_merged(making.method, change.method),
        train=_merged(making.train, change.train),
        limit=change.limit if "limit" in written else making.limit,
    )


def _merged(old: M, new: Frozen) -> M:
    """A value with the fields in which another one was set."""
    if not new.model_fields_set:
        return old
    fields = {name: getattr(old, name) for name in old.model_fields_set}
    return type(old).model_validate(fields | {name: getattr(new, name) for name in new.model_fields_set})


def _with_length(train: TrainSettings, tasks: Sequence[Task]) -> TrainSettings:
    """Settings with the length that suits the shape of the tasks, where none is written."""
    if "max_tokens" in train.model_fields_set:
        return train
    return train.model_copy(update={"max_tokens": max(FORMATS[task.format].max_tokens for task in tasks)})


def _sampling(column: Column) -> Sampling:
    sampling = column.sampling or Sampling()
    return sampling.model_copy(update={"masked_lm": column.masked_lm})
