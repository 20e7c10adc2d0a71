"""A task is a value: what it is called, which format reads it, where its data are. No torch, no code per task."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from madx_stilts.errors import DataError, UsageError
from madx_stilts.stack import Role
from madx_stilts.tasks.dialect import Dialect
from madx_stilts.tasks.fields import Field

Split = Literal["train", "dev", "test"]
FormatName = Literal["pair", "choice", "span", "tagging", "retrieval", "text"]
Script = Literal["squad", "mlqa", "korquad", "jsquad"]
Search = Literal["nearest", "mining", "ranking"]


@dataclass(frozen=True)
class Labels:
    """Where a row's label is and what its values mean. Labels are mapped by name, never by integer.

    Args:
        column: Column of the label; for tagging a list of labels.
        names: What the integers mean when the file does not say so itself (parquet written by `datasets` does:
            its names win).
        aliases: Other spellings of the task's labels ("contradictory" for "contradiction").
        absent: Values that mean "no label is known": hidden test labels, rows without agreement.
        among: Choice tasks whose rows name their choices: the list column that holds the names.
    """

    column: str
    names: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[object, ...] = (-1, "", None)
    among: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place in which the rows of a split are, and how they read.

    Args:
        path: `owner/name` on the hub, and below a local mirror; for original files, their folder in the mirror.
        config: The hub's configuration; `{language}` stands for the language (see `codes`).
        split: The hub's split name; `a+b` for several in a row.
        files: Original files instead of the hub's layout: patterns below `path`, with `{language}`; the first that
            fits counts. Such files are looked for in local mirrors only.
        reader: Name of what reads these files (`data.raw`); empty: by their dialect or suffix.
        dialect: How a table is written in these text files; None: by their suffix (`data.opening`).
        fields: How each field of the format is read.
        labels: How the label is read; none for formats without one.
        codes: This source's names of languages where they are not ours (`en` -> `English`).
        languages: The languages it has; empty: all of the task's.
        where: Keep rows whose column has this value (`{language}` is replaced), for files that mix languages; a value
            that ends in `*` is a beginning.
        revision: Commit or branch on the hub.
        drop_unlabelled: Leave out rows whose label is absent (SNLI's -1: annotators did not agree).
        obtain: How to get files that the hub does not have, or has wrong; not empty: the hub is not asked.
        licence: Of these rows, where it is not the task's.
        note: What sets them apart from the task's other rows.
        other_order: Whether its rows may be in another order than those of the benchmark, by which submissions are
            scored.
    """

    path: str
    config: str = "default"
    split: str = ""
    files: tuple[str, ...] = ()
    reader: str = ""
    dialect: Dialect | None = None
    fields: Mapping[str, Field]
    labels: Labels | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    revision: str = "main"
    drop_unlabelled: bool = False
    obtain: str = ""
    licence: str = ""
    note: str = ""
    other_order: bool = False

    def config_for(self, language: str) -> str:
        """The hub's configuration that holds `language`."""
        return self.config.format(language=self.code(language))

    def code(self, language: str) -> str:
        """This source's name of a language."""
        return self.codes.get(language, language)

    @property
    def on_hub(self) -> bool:
        """Whether the hub has it."""
        return not self.files and not self.obtain

    def describe(self) -> str:
        """Where it is, in one line."""
        if self.files:
            return f"{self.path}/{' or '.join(self.files)} (original files)"
        place = f"{self.path}, config {self.config}, split {self.split}"
        return f"{place}, revision {self.revision}" if self.on_hub else f"{place} (local mirror only)"


Sources = tuple[Source, ...]
"""Places for the same rows in order of preference, or for different languages; those that have a language count."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task, whole: a new task needs no new code unless its shape is new.

    Args:
        name: Lower case, as in the literature.
        format: Name of the format that encodes, decodes and scores it.
        roles: What its adapters are used for.
        languages: Codes of the languages it can be scored in (targets) or trained in (intermediates).
        sources: Rows of each split. A target that only borrows its training (XNLI from MNLI) has no "train".
        union_of: The rows of these tasks, one after another, instead of sources of its own.
        candidates: Retrieval only: what is searched; `sources` are the queries.
        search: Retrieval only: the nearest neighbour of each query, the pairs among two corpora, or a ranking of a
            pool of all languages' candidates.
        query_language: Retrieval only: the language of the queries, where it is not the one that is scored.
        candidate_language: Retrieval only: likewise of the candidates; `all`: those of every language are one pool;
            `mixed`: one pool in many languages, whatever language is scored.
        labels: Label names in the order of the head's outputs; for choices, names of the positions.
        label_file: Name of a JSON file beside the data, `{label: index}`, that tells the labels instead.
        metrics: Names of metrics its format knows; the first is the primary one.
        trains_on: Tasks it is trained on, one after another; empty: itself.
        source_language: The language its training data are in, unless a recipe says otherwise.
        unanswerable: Spans only: whether a question may have no answer.
        script: Spans only: whose evaluation script defines the scores.
        positive: Pairs only: the label that F1 counts.
        licence: SPDX id where there is one, else words.
        citation: Author and year, arXiv number where there is one.
        note: What a user must know before comparing scores.
        version: Raised when a change alters scores; scores of different versions are never averaged.
    """

    name: str
    format: FormatName
    roles: tuple[Role, ...]
    languages: tuple[str, ...]
    sources: Mapping[Split, Sources] = field(default_factory=dict)
    union_of: tuple["Task", ...] = ()
    candidates: Mapping[Split, Sources] = field(default_factory=dict)
    search: Search | None = None
    query_language: str = ""
    candidate_language: str = ""
    metrics: tuple[str, ...]
    labels: tuple[str, ...] = ()
    label_file: str = ""
    trains_on: tuple[str, ...] = ()
    source_language: str = "en"
    unanswerable: bool = False
    script: Script = "squad"
    positive: str = ""
    licence: str
    citation: str
    note: str = ""
    version: int = 1

    @property
    def primary_metric(self) -> str:
        """The metric that means and gains are made of."""
        return self.metrics[0]

    @property
    def training_tasks(self) -> tuple[str, ...]:
        """Names of the tasks it is trained on, in order."""
        return self.trains_on or (self.name,)

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits it has."""
        if self.union_of:
            return tuple(split for split in get_args(Split) if all(split in task.splits for task in self.union_of))
        return tuple(self.sources)

    def languages_of(self, split: Split) -> tuple[str, ...]:
        """The languages in which a split has rows, in the task's order, others after them.

        Raises:
            DataError: The task has no such split.
        """
        if split not in self.splits:
            raise DataError(f"{self.name} has no {split} split.", hint=f"It has: {', '.join(self.splits) or 'none'}.")
        if self.union_of:
            first, *others = (task.languages_of(split) for task in self.union_of)
            return tuple(language for language in first if all(language in other for other in others))
        known = {language for source in self.sources[split] for language in source.languages or self.languages}
        return (*(one for one in self.languages if one in known), *sorted(known - {*self.languages}))

    def places(self, split: Split, language: str) -> Sources:
        """Where the rows of a split may be, the preferred place first. A union has none of its own.

        Raises:
            DataError: The task has no such split.
            UsageError: The split has no rows in that language; the hint lists those it has.
        """
        languages = self.languages_of(split)
        if language not in languages:
            raise UsageError(
                f"{self.name} has no {split} data in {language!r}.", hint=f"It has: {', '.join(languages)}."
            )
        sources = self.sources.get(split, ())
        return tuple(source for source in sources if language in (source.languages or self.languages))

    @property
    def searched(self) -> "Task":
        """Retrieval only: the same task with the candidates as its rows."""
        return replace(self, sources=self.candidates, candidates={})


def require_own_data(task: Task) -> None:
    """Refuse a task that only borrows its training data.

    Raises:
        UsageError: It has none of its own.
    """
    if "train" not in task.splits:
        raise UsageError(
            f"{task.name} has no training data of its own.", hint=f"Train {' then '.join(task.training_tasks)} instead."
        )
