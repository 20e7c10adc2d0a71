"""Records of jobs: one JSON file each, with a checksum. No torch.

records/<2 digits>/<id>.json   what the job of that id left, the last time it ran
locks/job-<id>.lock            held by the process that does the job

Both lie in the folder of the user's zoo. A record holds the fields of `Record` under their names, and `sha256`, the
digest of all the others as canonical JSON. A file that is cut, edited or in the wrong place is a `DamagedRecord`:
it counts as none, and the job is done again.
"""

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from madx_stilts.card import Amount, Instant, Seconds, Sum
from madx_stilts.errors import Busy, StorageError
from madx_stilts.files import digest, read_bounded, write_whole
from madx_stilts.findings import listed
from madx_stilts.grid.job import Job, JobId, Train
from madx_stilts.grid.seal import SUM, is_whole, sealed
from madx_stilts.locks import held
from madx_stilts.recipe import Frozen
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo.layer import children, told_as_unreadable

FORMAT: Final = 1
"""Raised when a record's keys change their meaning."""
_LARGEST: Final = 64 * 2**20
"""Bytes of a record. The scores of a job in all languages take some kilobytes."""
_ID: Final = re.compile(r"[0-9a-f]{64}")

Status = Literal["done", "failed"]


class Failure(Frozen):
    """Why a job failed, as `--json` tells errors."""

    error: str
    """Kind of the error."""
    message: str
    hint: str = ""


class Record(Frozen):
    """The record of one job."""

    format: Annotated[int, Field(ge=1)] = FORMAT
    id: Sum
    """Of the job."""
    job: Annotated[Job, Field(discriminator="kind")]
    status: Status
    adapter: Sum | None = None
    """Of a training that is done: the adapter's id in the zoo."""
    evaluation: dict[str, Any] | None = None
    """Of a scoring that is done: what `evaluate --json` prints."""
    error: Failure | None = None
    """Of a job that failed."""
    uses: dict[JobId, Sum] = {}
    """The adapters it stood on, started from or scored, by the jobs that trained them."""
    reused: bool = False
    """Whether the zoo had the adapter, so that only data were read."""
    started: Instant
    ended: Instant
    wall_seconds: Seconds = 0.0
    cpu_seconds: Seconds = 0.0
    """Of all threads of the process."""
    together: Annotated[int, Field(ge=1)] = 1
    """Jobs that were done at once; each is told an equal part of the time, and none if the zoo had its adapter."""
    peak_bytes: Amount = 0
    """Of the GPU where one was used, else of the process; backbone included."""
    device: str = ""
    versions: dict[str, str] = {}
    """Of this package and the libraries it ran with."""
    data: dict[str, str] = {}
    """What stands for the bytes of its data: of a training, their fingerprints by `task@language:split`."""
    notes: tuple[str, ...] = ()
    """What a user must know, one sentence each."""
    host: str = ""
    pid: Amount = 0

    @model_validator(mode="after")
    def _says_what_came_of_it(self) -> "Record":
        result = "adapter" if isinstance(self.job, Train) else "evaluation"
        expected = result if self.status == "done" else "error"
        results = {"adapter": self.adapter, "evaluation": self.evaluation, "error": self.error}
        given = [name for name, value in results.items() if value is not None]
        if given != [expected]:
            raise ValueError(f"a {self.job.kind} job that is {self.status} has {expected}, not {given or 'nothing'}")
        return self

    @cached_property
    def sum(self) -> str:
        """The checksum of its content; that of another run of the job differs."""
        return digest(self.model_dump(mode="json"))

    def to_json(self) -> str:
        """The one JSON text of this record, checksum included."""
        return sealed(self.model_dump(mode="json"))


@dataclass(frozen=True)
class DamagedRecord:
    """A record that cannot be trusted.

    Args:
        path: Its file.
        problem: What is wrong with it, as a sentence without a subject.
    """

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{self.path} {self.problem}"


@dataclass(frozen=True)
class Records:
    """The records of a store. Safe for many readers and writers: a job's lock is held by whoever does it.

    Args:
        folder: That of the user's zoo; one that does not exist holds none.
    """

    folder: Path

    def path(self, id: JobId) -> Path:
        """The file of a record."""
        return self.folder / "records" / id[:2] / f"{id}.json"

    def get(self, id: JobId) -> Record | None:
        """The record of a job; none if it left none, or a damaged one.

        Raises:
            StorageError: It cannot be read, or a newer version of the package wrote it.
        """
        found = self.look(id)
        return None if isinstance(found, DamagedRecord) else found

    def look(self, id: JobId) -> Record | DamagedRecord | None:
        """The record of a job, or what is wrong with it.

        Raises:
            StorageError: See `get`.
        """
        path = self.path(id)
        try:
            with told_as_unreadable(path):
                content = read_bounded(path, limit=_LARGEST)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return _read(content, path)

    def put(self, record: Record) -> None:
        """Write a record in place of the last one of its job. Call it while holding the job's lock.

        Raises:
            StorageError: No permission or no space; the last record stays.
        """
        write_whole(self.path(record.id), record.to_json())

    def all(self) -> Iterator[Record]:
        """All records that can be trusted, sorted by id.

        Raises:
            StorageError: See `get`.
        """
        return (found for found in map(self.look, self._ids()) if isinstance(found, Record))

    def damaged(self) -> list[DamagedRecord]:
        """The records that cannot be trusted, or cannot be read here."""
        found = []
        for id in self._ids():
            try:
                record = self.look(id)
            except StorageError as error:
                record = DamagedRecord(self.path(id), f"is left out: {error.message}")
            if isinstance(record, DamagedRecord):
                found.append(record)
        return found

    def lock(self, id: JobId) -> AbstractContextManager[None]:
        """Hold the lock of a job.

        Raises:
            Busy: Another process does the job.
            StorageError: The lock file cannot be made.
        """
        return held(self._lock_file(id), busy=f"Another process does the job {id}.")

    def running(self, id: JobId) -> bool:
        """Whether another process does the job now."""
        if not self._lock_file(id).exists():
            return False
        with suppress(StorageError):  # a store that cannot be written to has no writers
            try:
                with self.lock(id):
                    return False
            except Busy:
                return True
        return False

    def _lock_file(self, id: JobId) -> Path:
        return self.folder / "locks" / f"job-{id}.lock"

    def _ids(self) -> Iterator[JobId]:
        for shard in children(self.folder / "records"):
            yield from (path.stem for path in children(shard) if _ID.fullmatch(path.stem) and path.suffix == ".json")


def _read(content: bytes, path: Path) -> Record | DamagedRecord:
    try:
        tree = parse(content)
    except JsonError as error:
        return DamagedRecord(path, f"is no JSON ({error}).")
    if not isinstance(tree, dict):
        return DamagedRecord(path, "holds no JSON object.")
    version = tree.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise StorageError(
            f"{path} has format {version}; this version of madx-stilts knows up to {FORMAT}.",
            hint="Update madx-stilts, or name another zoo folder with --zoo.",
        )
    if not is_whole(tree):
        return DamagedRecord(path, f"was changed or cut: its content is not what its {SUM} says.")
    try:
        record = Record.model_validate_json(json.dumps(tree), strict=True)
    except ValidationError as error:
        return DamagedRecord(path, f"is no record: {listed(error)}.")
    if record.id != path.stem:
        return DamagedRecord(path, f"is the record of another job, {record.id}.")
    return record
