"""Checking data: every row of a task read, and all that is wrong or remarkable told, with file and row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from madx_stilts.data.candidates import CandidatePool, candidates_tell
from madx_stilts.data.check_report import Checked, CheckRequest, Missing, Report, Rows
from madx_stilts.data.counts import CheckNote, ExampleCounts
from madx_stilts.data.example_checks import LOOKS, LOST_CHARACTER
from madx_stilts.data.label_file import with_labels
from madx_stilts.data.read import ReadExample, find_all, made
from madx_stilts.data.rows import RowFault, SplitRows
from madx_stilts.data.sources import DataSources, Nowhere, SplitFiles
from madx_stilts.data.unusable import NO_ANSWER, Use
from madx_stilts.errors import DataError
from madx_stilts.formats import FORMATS
from madx_stilts.tasks.sizes import published_rows
from madx_stilts.tasks.task import Split, Task

NO_GOLD = "rows without a gold answer"
MANY_LABELS = 10
"""Labels that never occur are named up to so many."""


def check(
    task: Task, place: DataSources, asked: CheckRequest, *, begin: Callable[[Rows], None] = lambda _: None
) -> Report:
    """Read sets of a task and tell what is wrong in which file and row.

    Args:
        begin: Told of each set that is looked for now.
    """
    checker = _Checker(task, place, asked, begin)
    # All splits of a language in a row: rows are compared with those of the same language only, which are then let go.
    for language in dict.fromkeys(one.language for one in asked.sets):
        checker.earlier.clear()
        for one in asked.sets:
            if one.language == language:
                checker.check(one)
    return Report(task, tuple(_in_order(checker.checked, asked)), tuple(_in_order(checker.missing, asked)))


@dataclass(frozen=True)
class _Earlier:
    """A split that was read already.

    Args:
        key: Equal for sets of the same rows: some tasks have no test of their own.
        inputs: What stands for the inputs of its rows.
    """

    key: tuple[object, ...]
    inputs: set[int]


@dataclass
class _Checker:
    task: Task
    place: DataSources
    asked: CheckRequest
    begin: Callable[[Rows], None]
    checked: list[Checked] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    earlier: dict[Split, _Earlier] = field(default_factory=dict)
    pools: dict[tuple[object, ...], CandidatePool] = field(default_factory=dict)

    def check(self, wanted: Rows) -> None:
        """Check one set, and what it is looked for among."""
        pool = None
        if wanted.split in self.task.candidates:
            pool = self._pool(Rows(wanted.split, wanted.language, "candidates"))
        found = self._find(self.task, wanted)
        if found is not None:
            self._read(self.task, found, wanted, pool)

    def _pool(self, wanted: Rows) -> CandidatePool | None:
        """The candidates; those that all languages share are read once."""
        found = self._find(self.task.searched, wanted)
        if found is None:
            return None
        key = _key(found, wanted.language)
        if key not in self.pools:
            self.pools.clear()
            self.pools[key] = self._read(self.task.searched, found, wanted, None)
        return self.pools[key]

    def _find(self, task: Task, wanted: Rows) -> tuple[SplitFiles, ...] | None:
        self.begin(wanted)
        try:
            return find_all(task, wanted.language, wanted.split, place=self.place)
        except Nowhere as error:
            self.missing.append(Missing(wanted, error.message, error.hint))
        except DataError as error:
            folder = next((one for one in self.place.mirrors if str(one) in error.message), Path(wanted.language))
            fault = RowFault(folder, None, error.message.removesuffix("."), hint=error.hint)
            self.checked.append(Checked(wanted, "", 0, None, {}, (), (fault,), 1, whole=False))
        return None

    def _read(
        self, task: Task, found: tuple[SplitFiles, ...], wanted: Rows, among: CandidatePool | None
    ) -> CandidatePool:
        """Read a set; what it offers to queries is returned."""
        tally, use = ExampleCounts(self.asked.kept), Use(task, wanted.split)
        pool = CandidatePool(candidates_tell(self.task, wanted.split))
        readable = found
        try:
            task = with_labels(task, found)
        except DataError as error:
            tally.heed(RowFault(found[0].paths[0].parent / task.label_file, None, error.message, hint=error.hint))
            readable = ()
        rows = SplitRows(task, wanted.language, readable, heed=tally.heed)
        key = _key(found, wanted.language)
        others = {split: other.inputs for split, other in self.earlier.items() if other.key != key}
        # A right answer may be the last candidate, so these are all read.
        limit = self.asked.limit if wanted.part == "rows" else None
        for one in made(task, rows, islice(rows, limit)):
            _look(one, task, tally)
            shown = tally.repeats(one)
            if wanted.part == "candidates":
                pool.add(one.example)
                continue
            if not candidates_tell(task, wanted.split):
                use.count(one.example)
            for split in (split for split, inputs in others.items() if shown in inputs):
                tally.note(f"rows with the input of one in {split}", one.example.row)
            if wanted.split == "train" and not FORMATS[task.format].learnable(one.example):
                tally.note(f"{FORMATS[task.format].unlearnable}, left out of training", one.example.row)
            for problem in among.lacks(one.example) if among else ():
                rows.report(problem, one.example.row)
        if wanted.part == "rows":
            self.earlier[wanted.split] = _Earlier(key, {*tally.inputs})
        self._judge(use, rows, tally)
        self._add(task, wanted, found, rows, tally)
        return pool

    def _judge(self, use: Use, rows: SplitRows, tally: ExampleCounts) -> None:
        """Tell which rows are of no use."""
        for row in use.hidden:
            if use.meant_to_be_hidden:
                tally.note(NO_GOLD, row)
            else:
                rows.report(NO_ANSWER, row)
        if self.asked.limit is None and not tally.fault_count:
            for problem in use.faults_of_all():
                tally.heed(RowFault(rows.files.paths[0], None, problem, hint="Fetch the data set again."))

    def _add(
        self, task: Task, wanted: Rows, found: Sequence[SplitFiles], rows: SplitRows, tally: ExampleCounts
    ) -> None:
        """Take down what was found out about a set."""
        if rows.wanted == rows.left_out and not tally.fault_count:
            error = rows.no_rows()
            # Files that mix languages need not have all of them.
            if any(one.source.where for one in found):
                self.missing.append(Missing(wanted, error.message, error.hint))
                return
            tally.heed(RowFault(rows.files.paths[0], None, error.message, hint=error.hint))
        limit = self.asked.limit
        comparable = wanted.part == "rows" and self.place.world is None
        whole = wanted.part == "candidates" or limit is None or rows.wanted < limit
        self.checked.append(
            Checked(
                wanted,
                ", ".join(one.origin for one in found),
                rows.wanted - rows.left_out,
                published_rows(task.name, wanted.split, wanted.language) if comparable else None,
                {name: tally.labels[name] for name in (*task.labels, *tally.labels) if name in tally.labels},
                (*tally.notes(rows.files), *(_notes_of_all(task, rows, tally) if whole else ())),
                tuple(tally.faults),
                tally.fault_count,
                whole,
            )
        )


def _look(one: ReadExample[Any], task: Task, tally: ExampleCounts) -> None:
    """Look at one example for itself."""
    look, row = LOOKS[task.format], one.example.row
    tally.labels.update(look.counted(one))
    for what in look.notes(one):
        tally.note(what, row)
    if any("\ufffd" in text for _, text in look.texts(one)):
        tally.note(LOST_CHARACTER, row)


def _key(found: Sequence[SplitFiles], language: str) -> tuple[object, ...]:
    """The same for candidates that are the same rows."""
    mixed = any(one.source.where for one in found)
    return (*(path for one in found for path in one.paths), language if mixed else "")


def _notes_of_all(task: Task, rows: SplitRows, tally: ExampleCounts) -> Iterator[CheckNote]:
    """What can be told only when all rows are read."""
    if rows.left_out:
        yield CheckNote(rows.left_out, "rows without an agreed label, left out")
    absent = [name for name in task.labels if not tally.labels[name]]
    if absent and tally.labels:
        named = ", ".join(absent[:MANY_LABELS]) + (", ..." if len(absent) > MANY_LABELS else "")
        yield CheckNote(len(absent), "labels that never occur", detail=named)


def _in_order(results: list[Any], asked: CheckRequest) -> list[Any]:
    """In the order of the sets that were asked for, candidates behind the rows that are looked for among them."""
    places = {(one.split, one.language): place for place, one in enumerate(asked.sets)}
    return sorted(results, key=lambda one: (places[one.set.split, one.set.language], one.set.part != "rows"))
