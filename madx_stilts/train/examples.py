"""Examples of a training: train and dev data, and their fingerprints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from madx_stilts.data.read import Examples, read, read_to_train
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.recipe import Part, TrainSettings
from madx_stilts.tasks.sizes import unlike_published
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.world import ConstructedWorld


@dataclass(frozen=True)
class PartExamples:
    """Examples of one part of a recipe.

    Args:
        train: To learn from; every one has its gold answer.
        dev: To choose the best weights by; none if the task has no dev data.
        world: The constructed world they are of; None: they are real.
    """

    train: Examples[Any]
    dev: Examples[Any] | None
    world: ConstructedWorld | None = None

    @property
    def fingerprints(self) -> dict[str, str]:
        """Fingerprint of each data set, by `task@language:split`."""
        return {_key(examples): examples.fingerprint for examples in self._all()}

    @property
    def origins(self) -> dict[str, str]:
        """Where each data set came from, by `task@language:split`."""
        return {_key(examples): examples.origin for examples in self._all()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must know of them, a sentence each."""
        return (*((f"Trained on a {self.world}.",) if self.world is not None else ()), *self.oddities)

    @property
    def oddities(self) -> tuple[str, ...]:
        """What is odd in the data, and which rows were left out for it, a sentence each."""
        return tuple(note for examples in self._all() for note in _notes(examples))

    def _all(self) -> list[Examples[Any]]:
        return [self.train, *([self.dev] if self.dev is not None else [])]


@dataclass(frozen=True)
class TrainingExamples:
    """Examples of one training: those of each part of its recipe, in the recipe's order."""

    parts: Sequence[PartExamples]

    @property
    def fingerprints(self) -> dict[str, str]:
        """Fingerprint of each data set, by `task@language:split`."""
        return {key: value for part in self.parts for key, value in part.fingerprints.items()}

    @property
    def origins(self) -> dict[str, str]:
        """Where each data set came from, by `task@language:split`."""
        return {key: value for part in self.parts for key, value in part.origins.items()}

    def require_translations(self) -> None:
        """Every text that is learned from has its translation.

        Raises:
            UsageError: Some have not.
        """
        alone = sum(example.other is None for part in self.parts for example in part.train.items)
        if alone:
            raise UsageError(
                f"train.translations needs a translation of each text, and {alone} have none.",
                hint="Give parallel text (a .tsv file, a text and its translation per line), or leave it out.",
            )

    @property
    def tasks(self) -> dict[str, Task]:
        """The task of each part by name, with the labels and the licence that its data have."""
        return {part.train.task.name: part.train.task for part in self.parts}

    @property
    def licence(self) -> str:
        """Of all data, each licence once."""
        return "; ".join(dict.fromkeys(part.train.task.licence for part in self.parts))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must know of them, each sentence once."""
        return tuple(dict.fromkeys(note for part in self.parts for note in part.notes))

    @property
    def oddities(self) -> tuple[str, ...]:
        """What is odd in the data, and which rows were left out for it, each sentence once."""
        return tuple(dict.fromkeys(note for part in self.parts for note in part.oddities))


def load_examples(part: Part, settings: TrainSettings, place: DataSources) -> PartExamples:
    """Read a task's training and dev data.

    Raises:
        DataError: They are missing or malformed, or an example has no gold answer.
        UnknownName: There is no such task in that place.
    """
    task = place.tasks[part.task]
    train = read_to_train(task, part.language, "train", place=place, limit=part.limit)
    has_dev = "dev" in task.splits and part.language in task.languages_of("dev")
    dev = read(task, part.language, "dev", place=place, limit=settings.dev_limit) if has_dev else None
    train.require_labels()
    if dev is not None:
        dev.require_labels()
    return PartExamples(train, dev, place.world)


def _notes(examples: Examples[Any]) -> Iterator[str]:
    """What a user must know of some examples, a sentence each."""
    key, unlearnable = _key(examples), FORMATS[examples.task.format].unlearnable
    if examples.left_out:
        yield f"{examples.left_out} rows of {key} without an agreed label were left out."
    if examples.unlearnable:
        yield f"{examples.unlearnable} rows of {key} were left out: {unlearnable}."
    yield from (f"{key} has {count} {what}." for what, count in examples.remarks.items())
    yield from unlike_published(examples.task.name, examples.split, {examples.language: examples.whole})


def _key(examples: Examples[Any]) -> str:
    return f"{examples.task.name}@{examples.language}:{examples.split}"
