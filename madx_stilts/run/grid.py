"""A whole plan: what is not done yet is done, by one engine or another. No torch where nothing is left to do."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from madx_stilts.errors import StorageError
from madx_stilts.grid.job import JobId
from madx_stilts.grid.plan import Plan
from madx_stilts.grid.records import Record
from madx_stilts.run.config import RunConfig
from madx_stilts.run.engine import Engine, engine_named
from madx_stilts.run.events import Event, Watcher, unwatched
from madx_stilts.run.ledger import Ledger, name_of
from madx_stilts.run.partial_scores import sweep_begun
from madx_stilts.run.reserving import reserving
from madx_stilts.run.worker_brief import WorkerBrief, threads_each


@dataclass(frozen=True, repr=False)
class RunOutcome:
    """Result of a run.

    Args:
        plan: What was to be done.
        executed: The jobs that this run did, in the order in which they ended.
        done: The records of all jobs that are done, whoever did them.
        failed: Those of the jobs that failed.
        blocked: The jobs that need one of these.
        wall_seconds: Of this run.
    """

    plan: Plan
    executed: tuple[JobId, ...]
    done: Mapping[JobId, Record]
    failed: Mapping[JobId, Record]
    blocked: frozenset[JobId]
    wall_seconds: float

    @property
    def ended_well(self) -> bool:
        """Whether all of the plan is done."""
        return not self.failed and not self.blocked

    def to_frame(self) -> Any:
        """One row for each job with a record, as a `pandas.DataFrame`: kind, name, status, seconds and error."""
        import pandas

        rows = [
            {
                "job": id[:8],
                "kind": record.job.kind,
                "name": name_of(self.plan, id),
                "status": record.status,
                "seconds": record.wall_seconds,
                "error": "" if record.error is None else record.error.message,
            }
            for id, record in {**self.done, **self.failed}.items()
        ]
        return pandas.DataFrame(rows, columns=["job", "kind", "name", "status", "seconds", "error"]).set_index("job")

    def __repr__(self) -> str:
        counts = f"{len(self.done)} of {len(self.plan.jobs)} jobs done, {len(self.executed)} by this run"
        return (
            f"<RunOutcome of {self.plan.grid.name}: {counts}, {len(self.failed)} failed, {len(self.blocked)} blocked>"
        )

    def _repr_html_(self) -> str:
        html: str = self.to_frame().to_html()
        return html


def run_grid(
    plan: Plan,
    site: RunConfig,
    *,
    engine: str | Engine = "inline",
    workers: int | None = None,
    watch: Watcher = unwatched,
    verify: bool = False,
) -> RunOutcome:
    """Do every job of a plan that is not done; jobs that failed before are tried again.

    Args:
        engine: By name, or one with options of its own.
        workers: How many; None: as suits the engine.
        watch: Told what happens.
        verify: Whether all files of the adapters are read first; what is damaged is trained again.

    Returns:
        What came of it, also if jobs failed.

    Raises:
        Interrupted: A signal asked to stop; what was finished is kept.
        KeyboardInterrupt: Likewise.
        UsageError: There is no such engine, or it cannot have so many workers.
        StorageError: The store cannot be read or written.
    """
    chosen = engine_named(engine) if isinstance(engine, str) else engine
    count = chosen.workers(workers, site.device)
    began = time.monotonic()
    executed: list[JobId] = []

    def note(event: Event) -> None:
        if event.kind == "ended":
            executed.append(event.job)
        watch(event)

    ledger = Ledger(plan, site.records, site.adapters)
    ledger.look()
    for remark in ledger.remarks():
        watch(Event(kind="said", text=f"{remark} It is done again."))
    stale = {record.sum for record in (*_failures(ledger), *_damaged(ledger, watch, verify=verify))}
    ledger = Ledger(plan, site.records, site.adapters, stale=stale)
    ledger.look()
    if ledger.open():
        how = {"stale": frozenset(stale), "threads": threads_each(count), "workers": count}
        brief = WorkerBrief(plan=plan.to_json(), site=site).model_copy(update=how)
        site.adapters.sweep()
        sweep_begun(site.records)
        with reserving(site.adapters, ledger, note) as tell:
            chosen.run(brief, workers=count, watch=tell)
        ledger.look()
    with suppress(StorageError):  # in a store that can only be read nothing is left lying
        site.adapters.sweep()
        sweep_begun(site.records)
    blocked = frozenset(ledger.blocked())
    return RunOutcome(plan, tuple(executed), ledger.done, ledger.failed, blocked, round(time.monotonic() - began, 3))


def _failures(ledger: Ledger) -> list[Record]:
    """The records of failures, also of jobs whose needs are not done any more."""
    left = (ledger.records.get(id) for id in ledger.plan.jobs if id not in ledger.done)
    return [record for record in left if record is not None and record.status == "failed"]


def _damaged(ledger: Ledger, watch: Watcher, *, verify: bool) -> list[Record]:
    """The records of trainings whose adapters are not whole, if that is asked for."""
    if not verify:
        return []
    damaged = ledger.damaged()
    for record in damaged.values():
        watch(Event(kind="said", text=f"The adapter {record.adapter} is damaged and is trained again."))
    return list(damaged.values())
