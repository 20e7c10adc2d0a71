"""A column of a grid: what stands between the backbone and the target."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, field_validator, model_validator
from pydantic_core import CoreSchema, core_schema

from madx_stilts.bounds import FEW, MANY, Count, Portion
from madx_stilts.recipe import Frozen, FusionSettings, Method, Part, Sampling, TrainSettings
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM

ColumnKind = Literal["none", "task", "mix", "chain", "fuse"]
NONE = "none"
"""The column without an intermediate, which all gains are measured against."""
KINDS: tuple[ColumnKind, ...] = ("task", "mix", "chain", "fuse")
NAME = re.compile(r"\w[\w.-]*")
"""What a column or a grid may be called: it becomes part of the names of adapters."""


class TrainChange(TrainSettings):
    """Some settings of a training; the others stay as they are."""

    @model_validator(mode="after")
    def _consistent(self) -> "TrainChange":
        # Only together with the settings that it changes can it be told whether they go together.
        return self


class SettingsChange(Frozen):
    """What one training has otherwise than the rest. What is not written stays."""

    method: Method = Method()
    train: TrainChange = TrainChange()
    limit: Count | None = None
    """Train on so many examples at most; null: on all."""


class IntermediateSpec(SettingsChange):
    """An intermediate: `none`, a task, a mixture, a chain or a fusion. Its own settings win over all others."""

    name: str | None = None
    """What it is called in tables and in the names of adapters; None: a name made of what it is."""
    task: str | None = None
    """One task, or `none`."""
    language: str | None = None
    """Of the task's training data; None: the task's source language."""
    mix: Annotated[tuple[str, ...], FEW] | None = None
    """Tasks trained together, each as `task` or `task@language`."""
    sampling: Sampling | None = None
    """How the tasks of a mixture are drawn; None: in proportion to their sizes."""
    chain: Annotated[tuple[str, ...], FEW] | None = None
    """Tasks trained one after another, each from the weights of the last, with a fresh head."""
    fuse: Annotated[tuple[str, ...], FEW] | None = None
    """Tasks trained apart, whose adapters stand side by side under a fusion layer that each target trains with its own
    adapter (AdapterFusion, arXiv 2005.00247). Each as `task` or `task@language`."""
    fusion: FusionSettings | None = None
    """How the fusion layers of targets over this column are trained; None: as usual."""
    masked_lm: Portion | None = None
    """Share of the steps that model plain text beside the tasks; in a chain or a fusion, of each training."""
    text: str | None = None
    """Where that text lies: `owner/name` of a data set, or a file; None: as `train.language.text` says."""
    text_languages: Annotated[tuple[str, ...], MANY] = ()
    """Of that text; None: the source language."""

    @field_validator("fuse", mode="before")
    @classmethod
    def _plain_members(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        if not all(isinstance(member, str) for member in value):
            raise ValueError(
                "each member of a fusion is one task, written task or task@language; adapters of mixtures and chains "
                "are fused with `madx-stilts train target TASK --on A,B --transfer fuse`"
            )
        return tuple(value)

    @model_validator(mode="after")
    def _one_thing(self) -> "IntermediateSpec":
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            what = " and ".join(given) if given else "nothing"
            raise ValueError(f"a column is one of {', '.join(KINDS)}, and this one names {what}")
        for name, owner in (("language", "task"), ("sampling", "mix"), ("fusion", "fuse")):
            if getattr(self, name) is not None and given != [owner]:
                way = "; write task@language" if name == "language" else ""
                raise ValueError(f"{name} goes with {owner}, not with {given[0]}{way}")
        if self.masked_lm is None and (self.text is not None or self.text_languages):
            raise ValueError("text has no effect without masked_lm, the share of the steps that model it")
        if self.sampling is not None and self.sampling.masked_lm is not None:
            raise ValueError("masked_lm is written beside sampling, not in it")
        return self

    @classmethod
    def of(cls, word: str) -> "IntermediateSpec":
        """The column that a single word means: `none`, `mnli`, `mnli@de`."""
        task, sign, language = word.partition("@")
        return cls(task=task, language=language) if sign else cls(task=task)

    @property
    def kind(self) -> ColumnKind:
        """Which of the five it is."""
        if self.task == NONE:
            return "none"
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def words(self) -> tuple[str, ...]:
        """Its tasks, each as `task` or `task@language`, in their order."""
        if self.task is not None:
            word = self.task if self.language is None else f"{self.task}@{self.language}"
            return () if self.task == NONE else (word,)
        return self.mix or self.chain or self.fuse or ()

    @property
    def trainings(self) -> tuple[tuple[str, ...], ...]:
        """The words of each of its trainings, one after another; those of a fusion are apart from one another."""
        if self.kind == "mix":
            return (self.words,)
        return tuple((word,) for word in self.words)

    def label(self, tasks: Mapping[str, Task]) -> str:
        """What it is called: `none`, `mnli`, `mnli.de`, `mix.mnli.ccg`, `chain.mnli.ccg`, `fuse.mnli.ccg`."""
        return self.name or self._called(tasks, self.trainings)

    def part_label(self, tasks: Mapping[str, Task], upto: int) -> str:
        """What is made by its first so many trainings: each stage of a chain is an adapter, and each of a fusion."""
        if self.kind == "fuse":
            return self._called(tasks, self.trainings[upto - 1 : upto])
        if upto == len(self.trainings):
            return self.label(tasks)
        return self._called(tasks, self.trainings[:upto])

    def _called(self, tasks: Mapping[str, Task], trainings: Sequence[Sequence[str]]) -> str:
        words = [word for training in trainings for word in training]
        names = [*(part_name(part_of(word, tasks), tasks) for word in words), *self._text_labels(tasks)]
        if not words:
            return NONE
        return ".".join([*([self.kind] if len(trainings) > 1 else ["mix"] if len(names) > 1 else []), *names])

    def _text_labels(self, tasks: Mapping[str, Task]) -> list[str]:
        return [part_name(part, tasks) for part in text_parts(self, tasks)]


class OrWord:
    """Marks a column in a config: it may also be a single word."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A text is read as a word, all else as a column. Chosen beforehand, so that faults name one of the two."""
        return core_schema.tagged_union_schema(
            {
                "word": core_schema.no_info_after_validator_function(IntermediateSpec.of, core_schema.str_schema()),
                "column": handler(source),
            },
            discriminator=lambda value: "word" if isinstance(value, str) else "column",
        )


def part_of(word: str, tasks: Mapping[str, Task], limit: int | None = None) -> Part:
    """The training data that a word means.

    Args:
        word: `task` or `task@language`.
        tasks: Those there are, by name.
        limit: Train on so many examples at most.

    Raises:
        UnknownName: There is no such task.
    """
    name, _, language = word.partition("@")
    task = tasks[name]
    return Part(task=task.name, version=task.version, language=language or task.source_language, limit=limit)


def text_parts(column: IntermediateSpec, tasks: Mapping[str, Task]) -> tuple[Part, ...]:
    """The plain text that a column models beside its tasks; none if it models none."""
    if column.masked_lm is None or not column.words:
        return ()
    usual = tasks[column.words[0].partition("@")[0]].source_language
    return tuple(
        Part(task=MASKED_LM.name, version=MASKED_LM.version, language=language)
        for language in column.text_languages or (usual,)
    )


def part_name(part: Part, tasks: Mapping[str, Task]) -> str:
    """A part's place in a name: `mnli`, `mnli.de`."""
    task = MASKED_LM if part.task == MASKED_LM.name else tasks[part.task]
    return task.name if part.language == task.source_language else f"{task.name}.{part.language}"
