"""Grids as their config files describe them. See `configs/grids/`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from madx_stilts.bounds import MANY, Count, Seed, Tokens
from madx_stilts.grid.intermediate import IntermediateSpec, OrWord, SettingsChange
from madx_stilts.grid.job import Missing
from madx_stilts.recipe import Frozen, Method, TrainSettings
from madx_stilts.tasks.task import Split

Transfer = Literal["stack", "continue", "fuse"]
LanguageAdapters = Literal["none", "source", "swap"]
Known = Literal["all", "xtreme", "xtreme_r"]


def _shape(value: object) -> str:
    return "name" if isinstance(value, str) else "list"


Languages = Annotated[
    Annotated[Known, Tag("name")] | Annotated[tuple[str, ...], MANY, Tag("list")],
    Discriminator(_shape),
]
"""Codes; or `all` there are; or those that XTREME or XTREME-R has for the task."""

All = Annotated[
    Annotated[Literal["all"], Tag("name")] | Annotated[tuple[str, ...], MANY, Tag("list")], Discriminator(_shape)
]
"""Codes, or `all` that are needed."""


class AdapterSpec(Frozen):
    """Method, data and settings of one adapter."""

    method: Method = Method()
    train: TrainSettings = TrainSettings()
    """Where `max_tokens` is not written, it is what suits the shape of the task."""
    limit: Count | None = None
    """Train on so many examples at most; None: on all."""


class Training(AdapterSpec):
    """Settings of adapters that learn tasks."""

    by_task: Annotated[Mapping[str, SettingsChange], MANY] = {}
    """What trainings on the data of one task have otherwise. Targets that borrow their data (XNLI from MNLI) have the
    settings of the task they borrow from. Mixtures take only `limit` from here."""


class IntermediateTraining(Training):
    """Settings of intermediate adapters."""

    seed: Seed | None = None
    """All cells stand on intermediates of this seed; None: each on those of its own seed."""


class LanguageTraining(AdapterSpec):
    """Settings and text of language adapters."""

    text: str | None = None
    """`owner/name` of a data set that has every language, or a file where only one language is needed."""
    tokens: Tokens | None = None
    """Read the first texts that have so many tokens together; None: all."""
    languages: All = "all"
    """Those that get an adapter, if they are scored; see `Grid.missing` for the others."""
    seed: Seed | None = 0
    """All cells stand on language adapters of this seed; None: each on those of its own seed."""


class RoleSpecs(Frozen):
    """Settings of adapters, by role."""

    language: LanguageTraining = LanguageTraining()
    intermediate: IntermediateTraining = IntermediateTraining()
    target: Training = Training()


class ScoringChange(Frozen):
    """What the scoring of one target has otherwise. What is not written stays."""

    split: Split = "test"
    limit: Count | None = None
    languages: Languages = "all"


class Scoring(Frozen):
    """Scorings of a grid."""

    split: Split = "test"
    limit: Count | None = None
    """Score so many examples per language at most; None: all."""
    by_task: Annotated[Mapping[str, ScoringChange], MANY] = {}
    """By target."""


class Grid(Frozen):
    """Axes, and how adapters are made and scored. Each combination of the axes is a cell."""

    name: str
    description: str = ""
    backbones: Annotated[tuple[str, ...], MANY]
    """Short names, folders or hub ids."""
    intermediates: Annotated[tuple[Annotated[IntermediateSpec, OrWord()], ...], MANY]
    """Columns: `none`, `mnli`, `mnli@de`, or a mapping: see `IntermediateSpec`."""
    transfers: Annotated[tuple[Transfer, ...], MANY] = ("stack",)
    """How a target uses its intermediate: on top of it while it is frozen, or starting from its weights."""
    language_adapters: Annotated[tuple[LanguageAdapters, ...], MANY] = ("none",)
    """None; that of the source language, kept; or exchanged for that of each language that is scored."""
    missing: Missing = "error"
    """With `swap`, what a language without an adapter gets: an error, the source language's, or none."""
    targets: Annotated[tuple[str, ...], MANY]
    languages: Languages = "all"
    """In which each target is scored."""
    seeds: Annotated[tuple[Seed, ...], MANY] = (0, 1, 2)
    train: RoleSpecs = RoleSpecs()
    evaluate: Scoring = Scoring()
