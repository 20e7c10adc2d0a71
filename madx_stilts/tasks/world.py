"""A constructed world in the place of real data: its languages, and every task as its folder has it. No torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError, model_validator

from madx_stilts.errors import DataError, UsageError
from madx_stilts.files import read_bounded
from madx_stilts.findings import listed
from madx_stilts.languages import CONSTRUCTED_CODE, LANGUAGES
from madx_stilts.recipe import Frozen
from madx_stilts.registry import Registry
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Source, Sources, Split, Task

PASSPORT = "world.json"
"""The file that makes a folder of data sets a world."""
FORMAT: Final = 1
"""The newest form of this file that is known here."""
LICENCE = "constructed, Apache-2.0 like the package"
_REPAIR = "Write the world again: madx-stilts miniature build DIR"
_LARGEST: Final = 2**20
"""Bytes of this file."""
Label = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,100}$")]
"""A short text that may be printed: nothing in it acts on a terminal."""


class ConstructedLanguage(Frozen):
    """A constructed language, as the passport tells it."""

    code: Annotated[str, Field(pattern=CONSTRUCTED_CODE)]
    """One of `qaa` to `qtz`, which ISO 639 keeps for private use."""
    name: Label
    script: Label
    """ISO 15924."""
    seen: bool
    """Whether backbones are trained on its text."""
    distance: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """From the source language."""


class _Passport(Frozen):
    """What `world.json` holds."""

    format: Annotated[int, Field(ge=1)]
    name: Label
    version: str
    """Of the package that wrote it."""
    note: str
    seed: int
    size: str
    source: str
    languages: tuple[ConstructedLanguage, ...]
    content: str
    """One sum over all other files: what stands for their bytes."""

    @model_validator(mode="after")
    def _has_its_source(self) -> "_Passport":
        codes = [one.code for one in self.languages]
        if len({*codes}) < len(codes):
            raise ValueError("a language stands there twice")
        if self.source not in codes:
            raise ValueError(f"the source language {self.source!r} is none of its languages")
        return self


@dataclass(frozen=True)
class ConstructedWorld:
    """A constructed world: a folder in hub layout, all of whose data sets are invented.

    Args:
        folder: Where its data sets are.
        seed: Another one makes another world of the same name.
        source: Code of the language that plays English.
        languages: All of them, the source language first.
    """

    folder: Path
    name: str
    seed: int
    source: str
    languages: tuple[ConstructedLanguage, ...]

    def __str__(self) -> str:
        return f"constructed world ({self.name}, seed {self.seed})"

    @property
    def names(self) -> dict[str, str]:
        """What its languages are called, by code."""
        return {one.code: one.name for one in self.languages}

    @property
    def caveat(self) -> str:
        """The sentence without which no number from this world may be shown."""
        return f"Data of a {self}: no score on them can be compared with a real one."

    @property
    def facts(self) -> dict[str, object]:
        """The same for programs."""
        return {"name": self.name, "seed": self.seed, "constructed": True}

    def tasks(self) -> Registry[Task]:
        """The tasks that it has data for, by name, in its languages."""
        tasks: Registry[Task] = Registry(f"task in the constructed world {self.name!r}")
        for task in map(self.task, TASKS.values()):
            if task.splits:
                tasks.add(task.name, task, owner=str(self.folder))
        return tasks

    def task(self, task: Task) -> Task:
        """A task in this world's languages, with the places that are in its folder; without splits if none are."""
        members = tuple(map(self.task, task.union_of))
        sources = self._places(task.sources, unnamed=(self.source,))
        having = [*({*one.languages} for one in members), *([_languages(sources)] if sources else [])]
        return replace(
            task,
            languages=tuple(code for code in self.names if having and all(code in some for some in having)),
            source_language=self.source,
            sources=sources,
            union_of=members,
            candidates=self._places(task.candidates, unnamed=tuple(self.names)),
            query_language=self._in_place_of(task.query_language, task),
            candidate_language=self._in_place_of(task.candidate_language, task),
            script="squad",  # that of MLQA knows seven real languages
            licence=LICENCE,
            citation=f"Constructed, in the form of: {task.citation}",
            note=self.caveat,
        )

    def _in_place_of(self, language: str, task: Task) -> str:
        """Its source language, where a task has its own."""
        return self.source if language == task.source_language else language

    def _places(self, splits: Mapping[Split, Sources], *, unnamed: tuple[str, ...]) -> dict[Split, Sources]:
        """What there is of each split; those of which nothing is here are left out.

        Args:
            unnamed: The languages of a place that names none: a pool of candidates has all.
        """
        found: dict[Split, Sources] = {}
        for split, places in splits.items():
            for here in (self._here(source, unnamed) for source in places):
                if here.languages and here not in found.get(split, ()):
                    found[split] = (*found.get(split, ()), here)
        return found

    def _here(self, source: Source, unnamed: tuple[str, ...]) -> Source:
        """A place, with the languages and the files that it has in this folder."""
        named = any("{language}" in text for text in (source.config, *source.files, *source.where.values()))
        codes = tuple(code for code in (self.names if named else unnamed) if self._has(source, code))
        files = tuple(pattern for pattern in source.files if any(self._files(source, pattern, code) for code in codes))
        return replace(source, languages=codes, files=files, revision="main", obtain=_REPAIR, licence="", note="")

    def _has(self, source: Source, language: str) -> bool:
        """Whether the files of a place are here. Tables lie in a folder for each configuration."""
        if source.files:
            return any(self._files(source, pattern, language) for pattern in source.files)
        tables = self.folder / source.path / source.config_for(language)
        return all(any(tables.glob(f"{part}-*")) for part in source.split.split("+"))

    def _files(self, source: Source, pattern: str, language: str) -> bool:
        """Whether original files of that pattern are here."""
        return any((self.folder / source.path).glob(pattern.format(language=source.code(language))))


def world_in(mirrors: Sequence[Path]) -> ConstructedWorld | None:
    """The constructed world among these folders; none if all are of real data.

    Raises:
        DataError: A passport cannot be read.
        UsageError: There are other folders beside it: invented data and real ones are never mixed.
    """
    folders = list(dict.fromkeys(mirrors))
    world = next((folder for folder in folders if (folder / PASSPORT).is_file()), None)
    if world is None:
        return None
    if len(folders) > 1:
        others = ", ".join(str(folder) for folder in folders if folder != world)
        raise UsageError(
            f"{world} holds a constructed world, which does not go together with {others}.",
            hint="Name one folder with --data: that of a world, or those of real data.",
        )
    return read_world(world)


def read_world(folder: Path) -> ConstructedWorld:
    """Read the passport of a world.

    Raises:
        DataError: It is not there or damaged, or of a newer form than is known here.
    """
    file = folder / PASSPORT
    try:
        text = read_bounded(file, limit=_LARGEST)
        content = parse(text)
    except (OSError, JsonError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise DataError(f"{file} cannot be read: {reason}.", hint=f"{_REPAIR}.") from error
    version = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise DataError(
            f"{file} has format {version}; this version of madx-stilts knows up to {FORMAT}.",
            hint=f"Update madx-stilts, or write the world with this version. {_REPAIR}.",
        )
    try:
        told = _Passport.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise DataError(
            f"{file} is no passport of a constructed world: {listed(error)}.", hint=f"{_REPAIR}."
        ) from error
    source_first = sorted(told.languages, key=lambda one: one.code != told.source)
    return ConstructedWorld(folder, told.name, told.seed, told.source, tuple(source_first))


def tasks_in(mirrors: Sequence[Path]) -> Mapping[str, Task]:
    """The tasks that there are with these folders: those of a constructed world, else all.

    Raises:
        MadxStiltsError: See `world_in`.
    """
    world = world_in(mirrors)
    return TASKS if world is None else world.tasks()


def language_name(code: str, world: ConstructedWorld | None) -> str:
    """What a language is called, in the world or in reality; empty if the code means nothing."""
    if world is not None and code in world.names:
        return world.names[code]
    return LANGUAGES[code].name if code in LANGUAGES else ""


def _languages(splits: Mapping[Split, Sources]) -> set[str]:
    """All languages that some place has."""
    return {code for places in splits.values() for source in places for code in source.languages}
