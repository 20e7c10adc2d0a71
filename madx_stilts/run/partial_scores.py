"""What a scoring that has not ended has scored so far, so that it goes on there. No torch.

records/<2 digits>/<id>.begun.json   the languages that the scoring of that id has done

It lies beside the record of its job, is written whole after each language, by who holds the job's lock, and goes when
the job is done. What is damaged, or was scored in another way, counts as nothing: the languages are scored again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from madx_stilts.card import Seconds, Sum
from madx_stilts.errors import Busy
from madx_stilts.files import read_bounded, write_whole
from madx_stilts.grid.job import JobId
from madx_stilts.grid.records import Records
from madx_stilts.grid.seal import is_whole, sealed
from madx_stilts.recipe import Frozen
from madx_stilts.score.evaluation import LanguageResult
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo.leftovers import remove

_SUFFIX: Final = ".begun.json"
_LARGEST: Final = 64 * 2**20
"""Bytes. The scores of a job in all languages take some kilobytes."""
Number = int | float


class _Language(Frozen):
    """The fields of `LanguageResult`."""

    scores: dict[str, Number]
    baseline: dict[str, Number]
    warnings: tuple[str, ...]
    remarks: tuple[tuple[str, int], ...]
    """Pairs: sentences are made of them in their order, which an object of sorted JSON would not keep."""

    @classmethod
    def of(cls, known: LanguageResult) -> "_Language":
        return cls(
            scores=dict(known.scores),
            baseline=dict(known.baseline),
            warnings=known.warnings,
            remarks=tuple(known.remarks.items()),
        )

    @property
    def known(self) -> LanguageResult:
        return LanguageResult(self.scores, self.baseline, self.warnings, dict(self.remarks))


class ScoringConditions(Frozen):
    """How a job is scored, beside what its id says: what was scored in another way is not mixed with it."""

    uses: dict[JobId, Sum]
    """The adapters, by the jobs that trained them."""
    device: str
    versions: dict[str, str]
    """Of this package and the libraries."""


class _Begun(Frozen):
    id: Sum
    """Of the job."""
    way: ScoringConditions
    languages: dict[str, _Language]
    wall_seconds: Seconds
    cpu_seconds: Seconds


@dataclass(frozen=True)
class CostSoFar:
    """Cost of a job in runs that did not finish it, in seconds."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class PartialScores:
    """What is known of a scoring that was begun; by default nothing."""

    languages: Mapping[str, LanguageResult] = field(default_factory=dict)
    spent: CostSoFar = field(default_factory=CostSoFar)


def begun(records: Records, id: JobId, way: ScoringConditions) -> PartialScores:
    """What earlier runs have scored of a job in this way.

    Raises:
        OSError: It is there and cannot be read.
    """
    found = _read(_path(records, id))
    if found is None or found.id != id or found.way != way:
        return PartialScores()
    languages = {language: one.known for language, one in found.languages.items()}
    return PartialScores(languages, CostSoFar(found.wall_seconds, found.cpu_seconds))


def put_begun(records: Records, id: JobId, way: ScoringConditions, so_far: PartialScores) -> None:
    """Keep what is scored of a job. Call it while holding the job's lock.

    Raises:
        StorageError: No permission or no space; what was kept before stays.
    """
    languages = {language: _Language.of(known) for language, known in so_far.languages.items()}
    spent = so_far.spent
    made = _Begun(id=id, way=way, languages=languages, wall_seconds=spent.wall, cpu_seconds=spent.cpu)
    write_whole(_path(records, id), sealed(made.model_dump(mode="json")))


def drop_begun(records: Records, id: JobId) -> None:
    """Remove what was kept of a job that is done. Call it while holding the job's lock.

    Raises:
        StorageError: No permission.
    """
    remove(_path(records, id))


def sweep_begun(records: Records) -> None:
    """Remove what a crash has left of jobs that are done.

    Raises:
        StorageError: No permission.
    """
    for path in sorted((records.folder / "records").glob(f"*/*{_SUFFIX}")):
        id = path.name.removesuffix(_SUFFIX)
        try:
            with records.lock(id):
                record, found = records.get(id), _read(path)
                if found is None or (record is not None and record.status == "done" and record.uses == found.way.uses):
                    remove(path)
        except Busy:  # it is being done
            continue


def _path(records: Records, id: JobId) -> Path:
    return records.path(id).with_suffix(_SUFFIX)


def _read(path: Path) -> _Begun | None:
    try:
        tree = parse(read_bounded(path, limit=_LARGEST))
    except (FileNotFoundError, JsonError):
        return None
    if not isinstance(tree, dict) or not is_whole(tree):
        return None
    try:
        return _Begun.model_validate_json(json.dumps(tree), strict=True)
    except ValidationError:  # of another version
        return None
