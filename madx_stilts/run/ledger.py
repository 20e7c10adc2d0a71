"""What of a plan is done, as the store says it at this moment. No torch."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from madx_stilts.grid.job import JobId, StackSlot, Train
from madx_stilts.grid.plan import Plan
from madx_stilts.grid.records import DamagedRecord, Record, Records
from madx_stilts.zoo.store import Zoo

State = Literal["done", "running", "failed", "ready", "waiting"]


@dataclass(frozen=True)
class JobStatus:
    """Status of one job.

    Args:
        state: `ready`: nothing is missing for it to be done; `waiting`: for other jobs.
        record: What it left, if that still counts.
        waits_for: The jobs that it needs and that are not done.
        blocked: Whether one of those has failed, or is blocked itself.
        note: What else is known: a record or an adapter that is damaged or gone.
    """

    state: State
    record: Record | None = None
    waits_for: tuple[JobId, ...] = ()
    blocked: bool = False
    note: str = ""


class Ledger:
    """The jobs of a plan against the records and the zoo.

    A job is done when its record says so, the jobs it needs are done and made the adapters it used, and the zoo has
    the adapter that it made.

    Args:
        stale: Checksums of records that do not count: failures of earlier runs, which are tried again.
    """

    def __init__(self, plan: Plan, records: Records, zoo: Zoo, *, stale: Collection[str] = ()) -> None:
        self.plan = plan
        self.records = records
        self._zoo = zoo
        self._stale = frozenset(stale)
        self.done: dict[JobId, Record] = {}
        """What is done, as far as it was looked at."""
        self.failed: dict[JobId, Record] = {}
        self._notes: dict[JobId, str] = {}

    def look(self) -> None:
        """Read the records of all that was not done when last looked at.

        Raises:
            StorageError: One cannot be read, or a newer version of the package wrote it.
        """
        self.failed = {}
        for id, planned in self.plan.jobs.items():
            if id not in self.done and all(need in self.done for need in planned.job.needs):
                self.look_at(id)

    def look_at(self, id: JobId) -> bool:
        """Read the record of one job whose needs are done, and tell whether it is done."""
        self._notes.pop(id, None)
        record = self.records.look(id)
        if isinstance(record, DamagedRecord):
            self._notes[id] = f"Its record {record}"
        elif record is not None and not (self._stale and record.sum in self._stale):
            if record.status == "failed":
                self.failed[id] = record
            elif self._counts(record):
                self.done[id] = record
        return id in self.done

    def open(self) -> list[JobId]:
        """The jobs that are neither done nor failed nor blocked, in the plan's order."""
        blocked = self.blocked()
        return [id for id in self.plan.jobs if not (id in self.done or id in self.failed or id in blocked)]

    def ready(self) -> list[JobId]:
        """The open jobs whose needs are done; another process may do them already."""
        return [id for id in self.open() if not self.lacking(id)]

    def blocked(self) -> set[JobId]:
        """The jobs that need one that failed, directly or not."""
        found: set[JobId] = set()
        for id, planned in self.plan.jobs.items():
            if any(need in self.failed or need in found for need in planned.job.needs):
                found.add(id)
        return found

    def lacking(self, id: JobId) -> tuple[JobId, ...]:
        """The jobs that a job needs and that are not done."""
        return tuple(need for need in self.plan.jobs[id].job.needs if need not in self.done)

    def used(self, id: JobId) -> dict[JobId, str]:
        """The adapters that a job uses, by the jobs that made them: those of these that are done."""
        made = {need: self.done[need].adapter for need in self.plan.jobs[id].job.needs if need in self.done}
        return {need: adapter for need, adapter in made.items() if adapter is not None}

    def needed(self) -> set[str]:
        """The ids of the adapters that are made and that open jobs need."""
        needs = {need for id in self.open() for need in self.plan.jobs[id].job.needs if need in self.done}
        return {str(self.done[need].adapter) for need in needs}

    def forget(self, id: JobId) -> None:
        """Let a job not count as done until the next look: the zoo no longer has the adapter that it made."""
        self.done.pop(id, None)

    def standings(self) -> Iterator[tuple[JobId, JobStatus]]:
        """How each job stands, in the plan's order. Call `look` before."""
        blocked = self.blocked()
        for id in self.plan.jobs:
            lacking, note = self.lacking(id), self._notes.get(id, "")
            state: State = "waiting" if lacking else "ready"
            record = self.done.get(id) or self.failed.get(id)
            if record is not None:
                state = record.status
            if state != "done" and self.records.running(id):
                state = "running"
            yield id, JobStatus(state, record, lacking, id in blocked, note)

    def remarks(self) -> list[str]:
        """Why jobs are done again of which there is a record, a sentence or two each."""
        return [f"{name_of(self.plan, id)}: {note}" for id, note in self._notes.items()]

    def damaged(self) -> dict[JobId, Record]:
        """The trainings that are done and whose adapters are not whole; every file is read."""
        made = {id: record for id, record in self.done.items() if isinstance(record.job, Train)}
        return {id: record for id, record in made.items() if not self._zoo.is_sound(str(record.adapter))}

    def _counts(self, record: Record) -> bool:
        if record.uses != self.used(record.id):
            self._notes[record.id] = "What it stood on was made again since."
            return False
        if record.adapter is not None and not self._zoo.has(record.adapter):
            self._notes[record.id] = f"The zoo has no longer its adapter {record.adapter[:8]}."
            return False
        return True


def name_of(plan: Plan, id: JobId) -> str:
    """What a job is called: an adapter's reference, or a task and the stack that is scored on it."""
    planned = plan.jobs[id]
    if isinstance(planned.job, Train):
        return " = ".join(f"{role}/{name}" for role, name in planned.names) or f"an adapter ({id[:8]})"
    fused = [f"{place.role}/{name_in(plan, place)}" for place in planned.job.stack if place.fused]
    stack = [f"{place.role}/{name_in(plan, place)}" for place in planned.job.stack if not place.fused]
    if fused:
        stack.insert(-1, f"({' ∥ '.join(fused)})")
    return f"{planned.job.task} by {' ▸ '.join(stack) or 'the bare backbone'}"


def name_in(plan: Plan, place: StackSlot) -> str:
    """What the adapter at a place of a stack is called there."""
    names = {role: name for role, name in plan.jobs[place.job].names}
    return names.get(place.role, next(iter(names.values()), place.job[:8]))
