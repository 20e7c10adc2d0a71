"""What a job left is read back whole or named as damaged, and only one process does a job."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from madx_stilts.errors import Busy, StorageError
from madx_stilts.grid.job import Score, StackSlot, Train, job_id
from madx_stilts.grid.records import DamagedRecord, Failure, Record, Records
from madx_stilts.recipe import Part, Recipe
from madx_stilts.stack import Role
from madx_stilts.zoo.store import Zoo

MOMENT = "2024-05-31T09:00:00Z"
TRAIN = Train(backbone="tiny", recipe=Recipe(parts=(Part(task="mnli", language="en"),)))
SCORE = Score(
    backbone="tiny", task="xnli", languages=("de", "en"), stack=(StackSlot(role=Role.TARGET, job=job_id(TRAIN, {})),)
)


def record_of(job: Train | Score, **changes: object) -> Record:
    result: dict[str, object] = (
        {"adapter": "ab" * 32} if isinstance(job, Train) else {"evaluation": {"scores": {"de": {"accuracy": 33.1}}}}
    )
    facts = {"id": job_id(job, {}), "job": job, "status": "done", "started": MOMENT, "ended": MOMENT}
    return Record.model_validate({**facts, **result, **changes})


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "zoo")


@pytest.mark.parametrize(
    "record",
    [
        record_of(TRAIN, reused=True, notes=("One.",), versions={"torch": "2"}, wall_seconds=0.1, data={"a": "b"}),
        record_of(SCORE, uses={job_id(TRAIN, {}): "ab" * 32}, cpu_seconds=1e-7, peak_bytes=2**40),
        record_of(TRAIN, status="failed", adapter=None, error=Failure(error="JobFailed", message="ä", hint="b")),
    ],
)
def test_a_record_comes_back_as_it_was_put(records: Records, record: Record) -> None:
    assert records.get(record.id) is None
    records.put(record)
    assert records.get(record.id) == record
    assert [*records.all()] == [record]
    assert records.damaged() == []


def test_a_later_record_takes_the_place_of_an_earlier_one(records: Records) -> None:
    failed = record_of(TRAIN, status="failed", adapter=None, error=Failure(error="JobFailed", message="no"))
    records.put(failed)
    records.put(record_of(TRAIN))
    assert [record.status for record in records.all()] == ["done"]
    assert failed.sum != record_of(TRAIN).sum


def cut(content: bytes) -> bytes:
    return content[:-9]


def edited(content: bytes) -> bytes:
    return content.replace(b"33.1", b"99.9")


def rounded(content: bytes) -> bytes:
    tree = json.loads(content)
    tree["wall_seconds"] = 1e-9
    return json.dumps(tree).encode()


def a_list(content: bytes) -> bytes:
    return b"[" + content + b"]"


def nan(content: bytes) -> bytes:
    return content.replace(b"33.1", b"NaN")


@pytest.mark.parametrize("change", [cut, edited, rounded, a_list, nan])
def test_a_record_that_was_changed_is_named_and_counts_as_none(
    records: Records, change: Callable[[bytes], bytes]
) -> None:
    record = record_of(SCORE)
    records.put(record)
    path = records.path(record.id)
    path.write_bytes(change(path.read_bytes()))
    assert records.get(record.id) is None
    assert [*records.all()] == []
    (damaged,) = records.damaged()
    assert damaged == records.look(record.id)
    assert isinstance(damaged, DamagedRecord)
    assert str(path) in str(damaged)
    records.put(record)
    assert records.get(record.id) == record


def test_a_record_in_the_place_of_another_job_is_damaged(records: Records) -> None:
    records.put(record_of(TRAIN))
    stray = records.path("00" * 32)
    stray.parent.mkdir(parents=True)
    stray.write_bytes(records.path(record_of(TRAIN).id).read_bytes())
    assert "another job" in str(records.look("00" * 32))


def test_a_record_of_a_newer_version_is_refused(records: Records) -> None:
    record = record_of(TRAIN)
    records.put(record)
    path = records.path(record.id)
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2, "new": 1}))
    with pytest.raises(StorageError, match="format 2") as error:
        records.get(record.id)
    assert "Update madx-stilts" in error.value.hint


@pytest.mark.parametrize(
    "changes",
    [
        {"adapter": None},
        {"evaluation": {"scores": {}}},
        {"status": "failed"},
        {"status": "failed", "adapter": None},
        {"error": Failure(error="JobFailed", message="no")},
    ],
)
def test_a_record_says_exactly_what_came_of_its_job(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        record_of(TRAIN, **changes)


def test_what_a_killed_writer_left_goes_with_the_next_record(records: Records) -> None:
    record = record_of(TRAIN)
    path = records.path(record.id)
    path.parent.mkdir(parents=True)
    left = path.with_name(f".{path.name}.0123abcd.partial")
    left.write_bytes(b"half")
    records.put(record)
    assert [*path.parent.iterdir()] == [path]


def test_the_zoo_does_not_mind_records_and_their_locks(records: Records) -> None:
    with records.lock(record_of(TRAIN).id):
        records.put(record_of(TRAIN))
    zoo = Zoo([records.folder])
    assert zoo.verify() == []
    assert zoo.sweep() == []
    assert records.get(record_of(TRAIN).id) is not None


HOLD = """
import sys
from pathlib import Path
from madx_stilts.grid.records import Records

with Records(Path(sys.argv[1])).lock(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_job_runs_as_long_as_the_process_lives_that_locked_it(records: Records) -> None:
    id = record_of(TRAIN).id
    assert not records.running(id)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(records.folder), id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert records.running(id)
    with pytest.raises(Busy), records.lock(id):
        pass
    holder.kill()
    holder.communicate()
    assert not records.running(id)
    with records.lock(id):
        pass
