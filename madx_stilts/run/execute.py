"""One job, from its description to its record. What goes wrong in it is told in the record."""

import os
import platform
import traceback
from collections.abc import Mapping

import torch

from madx_stilts.card import now
from madx_stilts.errors import Interrupted, MadxStiltsError, StorageError
from madx_stilts.grid.job import JobId, PlannedJob, Train
from madx_stilts.grid.records import Failure, Record
from madx_stilts.run.measure import ResourceMeter, versions
from madx_stilts.run.result import JobResult
from madx_stilts.run.scoring import scored
from madx_stilts.run.training import trained
from madx_stilts.run.worker_context import WorkerContext, device_named

FAILURES = (
    *(MadxStiltsError, ArithmeticError, AttributeError, LookupError, MemoryError),
    *(NotImplementedError, OSError, RuntimeError, TypeError, ValueError),
)
"""What may go wrong in one job and is no reason to leave the others. A signal is none of these."""


class Account:
    """What some jobs cost that are done at once; it begins when it is made.

    Args:
        device: That they use, as the site names it.
    """

    def __init__(self, device: str) -> None:
        self._started = now()
        self._device = device_named(device)
        self._meter = ResourceMeter(torch.device(self._device))

    def record(
        self,
        planned: PlannedJob,
        uses: Mapping[JobId, str],
        result: JobResult,
        *,
        together: int = 1,
        share: float = 1.0,
    ) -> Record:
        """What a job leaves.

        Args:
            uses: The adapters that were made by the jobs it needs.
            together: Jobs that were done at once.
            share: Of the time since the beginning, the part that this one is told to have taken.
        """
        return Record(
            id=planned.id,
            job=planned.job,
            status="done" if result.error is None else "failed",
            adapter=result.adapter,
            evaluation=result.evaluation,
            error=result.error,
            uses=dict(uses),
            reused=result.reused,
            started=self._started,
            ended=now(),
            wall_seconds=round(result.spent.wall + share * self._meter.wall_seconds, 3),
            cpu_seconds=round(result.spent.cpu + share * self._meter.cpu_seconds, 3),
            together=together,
            peak_bytes=self._meter.peak_bytes,
            device=self._device,
            versions=versions(),
            data=dict(result.data),
            notes=result.notes,
            host=platform.node(),
            pid=os.getpid(),
        )


def execute(planned: PlannedJob, worker: WorkerContext, uses: Mapping[JobId, str]) -> Record:
    """Do a job.

    Args:
        uses: The adapters that were made by the jobs it needs.

    Returns:
        Its record, also if it failed.

    Raises:
        Interrupted: A signal asked to stop; a checkpoint was written.
        Busy: Another process trains this adapter, outside of any grid.
        StorageError: Something cannot be read or written here, which is no fault of the job.
    """
    account, job = Account(worker.site.device), planned.job
    try:
        result = trained(planned, job, worker, uses) if isinstance(job, Train) else scored(planned, job, worker, uses)
    except (Interrupted, StorageError):
        raise
    except FAILURES as error:
        worker.forget()
        result = JobResult(error=told(error))
    return account.record(planned, uses, result)


def told(error: BaseException) -> Failure:
    """An error as a record tells it."""
    kind = type(error).__name__
    if isinstance(error, MadxStiltsError):
        return Failure(error=kind, message=error.message, hint=error.hint)
    place = traceback.extract_tb(error.__traceback__)[-1]
    hint = f"Unexpected error in {place.filename}, line {place.lineno}. Please report it."
    return Failure(error=kind, message=str(error) or kind, hint=hint)
