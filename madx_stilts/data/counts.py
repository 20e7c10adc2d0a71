"""Counts of one set's rows: faults and notes with their places, labels, repetitions."""

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from madx_stilts.data.example_checks import GOLD_FIELDS
from madx_stilts.data.read import ReadExample
from madx_stilts.data.rows import Files, RowFault

REPEATED = "rows that repeat an earlier one"
OTHER_ANSWER = "rows with the input of an earlier one and another answer"
SAME_ID = "rows with the id of an earlier one"
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True)
class CheckNote:
    """Something that is no fault, but worth knowing.

    Args:
        count: How often it was met.
        what: What was met, in the plural.
        file: The file in which it was met first; none where no place is to be told.
        row: The row there, from 0.
        detail: Which ones, where that can be told.
    """

    count: int
    what: str
    file: Path | None = None
    row: int | None = None
    detail: str = ""


def short(value: object) -> int:
    """Eight bytes that stand for a value: among a million values two are taken for one with a chance of 1 to 10^7."""
    return int.from_bytes(blake2b(_ENCODER.encode(value).encode(), digest_size=8).digest())


@dataclass
class ExampleCounts:
    """Adds up what is met in one set.

    Args:
        kept: How many faults are kept; all are counted.
    """

    kept: int
    labels: Counter[str] = field(default_factory=Counter)
    faults: list[RowFault] = field(default_factory=list)
    fault_count: int = 0
    inputs: dict[int, int] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)
    _notes: dict[str, list[int]] = field(default_factory=dict)

    def heed(self, fault: RowFault) -> None:
        """Note a fault."""
        self.fault_count += 1
        if len(self.faults) < self.kept:
            self.faults.append(fault)

    def note(self, what: str, row: int) -> None:
        """Count something that was met in a row of the split."""
        self._notes.setdefault(what, [0, row])[0] += 1

    def repeats(self, one: ReadExample[Any]) -> int:
        """Compare an example with those before it.

        Returns:
            What stands for its input.
        """
        row = one.example.row
        name = one.fields.get("id")
        if name is not None:
            known, key = len(self.ids), short(name)
            self.ids.add(key)
            if len(self.ids) == known:
                self.note(SAME_ID, row)
        shown = short({name: value for name, value in one.fields.items() if name not in ("id", *GOLD_FIELDS)})
        gold = short([one.label, *(one.fields.get(name) for name in GOLD_FIELDS)])
        if shown in self.inputs:
            self.note(REPEATED if self.inputs[shown] == gold else OTHER_ANSWER, row)
        self.inputs.setdefault(shown, gold)
        return shown

    def notes(self, files: Files) -> list[CheckNote]:
        """What was counted, in the order in which it was met first."""
        return [CheckNote(count, what, *files.place(first)) for what, (count, first) in self._notes.items()]
