"""The record of a job that killed its workers: they could not write one."""

import os
import platform

from madx_stilts.card import now
from madx_stilts.errors import Busy, JobFailed
from madx_stilts.grid.job import JobId
from madx_stilts.grid.records import Failure, Record
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.ledger import Ledger

_HINT = "If it was killed by SIGKILL, the machine may have too little memory: try fewer --workers."


def put_death(ledger: Ledger, job: JobId, last_words: str, watch: Watcher) -> None:
    """Let a job count as failed because its workers died, unless another one does it by now."""
    ledger.look()
    try:
        with ledger.records.lock(job):
            if ledger.look_at(job):
                return
            error = Failure(error=JobFailed.__name__, message=f"Its workers died: {last_words}", hint=_HINT)
            moment = now()
            record = Record(
                id=job,
                job=ledger.plan.jobs[job].job,
                status="failed",
                error=error,
                uses=ledger.used(job),
                started=moment,
                ended=moment,
                host=platform.node(),
                pid=os.getpid(),
            )
            ledger.records.put(record)
    except Busy:
        return
    watch(Event(kind="ended", job=job, status="failed", text=error.message))
