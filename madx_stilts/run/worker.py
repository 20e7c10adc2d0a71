"""What a worker does, in whatever process: take the next job that can be done, until none is left.

All that workers know of each other is in the store: records tell what is done, locks what is being done. So any number
of them, of any number of runs, share the work of a plan.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from madx_stilts.errors import AdapterError
from madx_stilts.grid.job import JobId
from madx_stilts.grid.records import Record
from madx_stilts.run.claims import JobClaims
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.ledger import Ledger, name_of
from madx_stilts.run.partial_scores import drop_begun
from madx_stilts.run.together import do_together
from madx_stilts.run.worker_brief import WorkerBrief
from madx_stilts.run.worker_context import WorkerContext
from madx_stilts.train.interrupts import sigterm_as_interrupt

_POLL_SECONDS = 0.2
"""Between two looks for a job that can be done."""


def work(brief: WorkerBrief, watch: Watcher, *, number: int = 0) -> None:
    """Do jobs until all are done, or have failed, or need one that failed.

    Args:
        watch: Told what happens.
        number: Of this worker, from 0.

    Raises:
        Interrupted: A signal asked to stop in a training; a checkpoint was written.
        KeyboardInterrupt: A signal asked to stop elsewhere; only the job at hand is lost.
        StorageError: The store cannot be read or written.
    """
    plan, ledger = brief.opened()
    worker = WorkerContext(brief.site, plan, watch, number)
    with _threads(brief.threads), sigterm_as_interrupt():
        turns = None
        while _some_are_open(ledger):
            turns = turns or JobClaims(brief, ledger)
            with turns.taken(worker.at_hand) as claimed:
                if claimed:
                    with _using(worker, ledger, claimed) as able:
                        _do(worker, ledger, able, turns)
            if not claimed:
                time.sleep(_POLL_SECONDS)


def _some_are_open(ledger: Ledger) -> bool:
    ledger.look()
    return bool(ledger.open())


@contextmanager
def _using(worker: WorkerContext, ledger: Ledger, claimed: list[JobId]) -> Iterator[list[JobId]]:
    """Hold what jobs use, and give those of which all is there.

    The training of an adapter that was pruned or removed since it was made counts as not done, and is done again.
    """
    with ExitStack() as using:
        yield [id for id in claimed if _holds(using, worker, ledger, id)]


def _holds(using: ExitStack, worker: WorkerContext, ledger: Ledger, id: JobId) -> bool:
    all_there = not ledger.lacking(id)  # another job that was claimed with it may have missed the same
    for need, adapter in ledger.used(id).items():
        try:
            using.enter_context(worker.zoo.holding([adapter]))
        except AdapterError:
            again = f"The zoo has no longer its adapter {adapter[:8]}. It is made again."
            worker.say(f"{name_of(ledger.plan, need)}: {again}")
            ledger.forget(need)
            all_there = False
    return all_there


def _lacks(worker: WorkerContext, ledger: Ledger, id: JobId) -> bool:
    """Whether a job failed for an adapter that was removed under it, whatever held that."""
    with ExitStack() as using:
        return not _holds(using, worker, ledger, id)


def _do(worker: WorkerContext, ledger: Ledger, claimed: list[JobId], turns: JobClaims) -> None:
    def tell(kept: Record) -> None:
        if kept.status == "failed" and _lacks(worker, ledger, kept.id):
            return  # it is tried again when that is there
        ledger.records.put(kept)
        if kept.evaluation is not None:
            drop_begun(ledger.records, kept.id)
        text = kept.error.message if kept.error else ""
        facts = {"status": kept.status, "reused": kept.reused, "seconds": kept.wall_seconds, "text": text}
        worker.watch(Event.model_validate({"kind": "ended", "worker": worker.number, "job": kept.id, **facts}))

    for id in claimed:
        worker.watch(Event(kind="began", worker=worker.number, job=id))
    if not claimed:
        return
    # As it is now: `tell` lets adapters that are gone not count as made, while other jobs are yet to be told.
    uses = {id: ledger.used(id) for id in claimed}
    busy = do_together(worker, [ledger.plan.jobs[id] for id in claimed], uses.__getitem__, tell)
    for id, error in busy.items():
        worker.watch(Event(kind="said", worker=worker.number, text=f"{error.message} It is waited for."))
        turns.put_off(id)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
