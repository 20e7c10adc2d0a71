"""From a grid's settings to trainings of which only what lies below, the start and the seed are still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from madx_stilts.grid.grid import AdapterSpec, Grid, Training
from madx_stilts.grid.intermediate import IntermediateSpec, SettingsChange, part_of, text_parts
from madx_stilts.recipe import Fusion, Method, Part, Recipe, Sampling, StartWeights, TrainSettings
from madx_stilts.resolve import merged, resolve_method, resolve_sampling, resolve_train, unbounded_epochs
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM


@dataclass(frozen=True, eq=False)
class RecipeTemplate:
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
        self,
        *,
        below: tuple[str, ...] = (),
        fusion: Fusion | None = None,
        start: StartWeights | None = None,
        seed: int = 0,
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
            train=self.train,
            seed=seed,
        )


class RecipeBuilder:
    """Makes the blueprints of a grid.

    Args:
        tasks: Those there are, by name.
    """

    def __init__(self, grid: Grid, tasks: Mapping[str, Task]) -> None:
        self.grid = grid
        self.tasks = tasks

    def language(self, code: str) -> RecipeTemplate:
        """The training of a language adapter."""
        training = self.grid.train.language
        part = Part(
            task=MASKED_LM.name,
            version=MASKED_LM.version,
            language=code,
            limit=training.limit,
            tokens=training.tokens,
        )
        train = resolve_train(training.train, [MASKED_LM], [part])
        return RecipeTemplate(
            code, (part,), resolve_method(training.method, [MASKED_LM]), train, text=training.text or ""
        )

    def column(self, column: IntermediateSpec) -> tuple[RecipeTemplate, ...]:
        """The trainings of an intermediate, one after another, or for a fusion, apart; none for the column without one.

        Raises:
            UnknownName: It names a task that is not known.
            ValidationError: Its settings contradict each other.
        """
        return tuple(
            self._stage(column, words, column.part_label(self.tasks, at))
            for at, words in enumerate(column.trainings, start=1)
        )

    def target(self, name: str) -> tuple[RecipeTemplate, ...]:
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

    def _of_task(self, task: Task, training: Training, name: str) -> RecipeTemplate:
        making = changed(training, training.by_task.get(task.name, SettingsChange()))
        part = part_of(task.name, self.tasks, making.limit)
        return RecipeTemplate(name, (part,), making.method, resolve_train(making.train, [task], [part]))

    def _stage(self, column: IntermediateSpec, words: Sequence[str], name: str) -> RecipeTemplate:
        training = self.grid.train.intermediate
        by_task = [training.by_task.get(word.partition("@")[0], SettingsChange()) for word in words]
        makings = [changed(changed(training, change), column) for change in by_task]
        parts = [part_of(word, self.tasks, making.limit) for word, making in zip(words, makings, strict=True)]
        learned = [self.tasks[part.task] for part in parts]
        texts = [part.model_copy(update=self._amount) for part in text_parts(column, self.tasks)]
        making = makings[0] if len(words) == 1 else changed(training, column)
        return RecipeTemplate(
            name,
            (*parts, *texts),
            making.method,
            resolve_train(making.train, [*learned, *([MASKED_LM] if texts else [])], [*parts, *texts]),
            sampling=_sampling(column, tasks=len(words), texts=len(texts)),
            text=(column.text or self.grid.train.language.text or "") if texts else "",
        )

    @cached_property
    def _amount(self) -> dict[str, int | None]:
        """How much text is read."""
        language = self.grid.train.language
        return {"limit": language.limit, "tokens": language.tokens}


def changed(making: AdapterSpec, change: SettingsChange) -> AdapterSpec:
    """Settings with what is written in a change in their place.

    Raises:
        ValidationError: The two contradict each other.
    """
    written = change.model_fields_set
    return AdapterSpec(
        method=merged(making.method, change.method),
        train=unbounded_epochs(merged(making.train, change.train), change.train.model_fields_set),
        limit=change.limit if "limit" in written else making.limit,
    )


def _sampling(column: IntermediateSpec, *, tasks: int, texts: int) -> Sampling | None:
    if tasks + texts == 1:
        return None
    written = (column.sampling or Sampling()).model_copy(update={"masked_lm": column.masked_lm if texts else None})
    return resolve_sampling(written, tasks=tasks, texts=texts)
