"""Jobs that are done at once: trainings that see the same batches, scorings of one task.

What comes of each is what would come of it alone. What cannot be done so is done alone, so that a fault is told of the
job that has it.
"""

from collections.abc import Callable, Mapping, Sequence

from madx_stilts.errors import Busy, Interrupted, MadxStiltsError, MemoryLimitError, StorageError
from madx_stilts.grid.job import JobId, PlannedJob, Score, Train
from madx_stilts.grid.records import Record
from madx_stilts.run.execute import FAILURES, Account, execute, told
from madx_stilts.run.result import JobResult
from madx_stilts.run.scoring import scored_each
from madx_stilts.run.step_events import StepEvents
from madx_stilts.run.training import made, materials_of, with_adapters
from madx_stilts.run.worker_context import WorkerContext
from madx_stilts.train.lockstep import TrainJob, train_together
from madx_stilts.train.run import in_zoo

Uses = Callable[[JobId], Mapping[JobId, str]]
Keep = Callable[[Record], None]


def do_together(worker: WorkerContext, jobs: Sequence[PlannedJob], uses: Uses, keep: Keep) -> dict[JobId, Busy]:
    """Do jobs that are kin.

    Args:
        uses: The adapters that were made by the jobs which a job needs.
        keep: Takes the record of each as soon as there is one.

    Returns:
        The jobs that have no record, because another process trains their adapters, outside of any grid.

    Raises:
        Interrupted: A signal asked to stop; checkpoints were written.
        StorageError: Something cannot be read or written here, which is no fault of a job.
    """
    busy: dict[JobId, Busy] = {}
    alone = jobs
    if len(jobs) > 1:
        way = _train if isinstance(jobs[0].job, Train) else _score
        try:
            alone = way(worker, jobs, uses, keep, busy)
        except (Interrupted, StorageError):
            raise
        except FAILURES:  # of one of them: alone, each is told its own
            worker.forget()
    for planned in alone:
        try:
            keep(execute(planned, worker, uses(planned.id)))
        except Busy as error:
            busy[planned.id] = error
    return busy


def _score(
    worker: WorkerContext, jobs: Sequence[PlannedJob], uses: Uses, keep: Keep, busy: dict[JobId, Busy]
) -> Sequence[PlannedJob]:
    """Score stacks on one task. None is left to be done alone."""
    account = Account(worker.site.device)
    work = [(planned, planned.job, uses(planned.id)) for planned in jobs if isinstance(planned.job, Score)]
    results = scored_each(work, worker)
    for (planned, _, used), result in zip(work, results, strict=True):
        keep(account.record(planned, used, result, together=len(work), share=1 / len(work)))
    return ()


def _train(
    worker: WorkerContext, jobs: Sequence[PlannedJob], uses: Uses, keep: Keep, busy: dict[JobId, Busy]
) -> Sequence[PlannedJob]:
    """Train in lockstep, and return what did not fit into memory so: alone, it may be trained in smaller parts."""
    account = Account(worker.site.device)
    outcomes = _trained(worker, jobs, uses)
    alone, refused, ended = [], [], []
    for planned, outcome in zip(jobs, outcomes, strict=True):
        if isinstance(outcome, JobResult):
            ended.append((planned, outcome))
        elif isinstance(outcome, Busy):
            busy[planned.id] = outcome
        elif isinstance(outcome, StorageError):
            refused.append(outcome)
        elif isinstance(outcome, MemoryLimitError):
            alone.append(planned)
        else:
            ended.append((planned, JobResult(error=told(outcome))))
    count = max(1, sum(not result.reused for _, result in ended))
    # Until there is a record of each, nobody else knows that it is needed.
    with worker.zoo.holding(result.adapter for _, result in ended if result.adapter):
        for planned, result in ended:
            share = 0.0 if result.reused else 1 / count
            keep(account.record(planned, uses(planned.id), result, together=count, share=share))
    if refused:
        raise refused[0]
    if alone:
        worker.forget()
    return alone


def _trained(worker: WorkerContext, jobs: Sequence[PlannedJob], uses: Uses) -> list[JobResult | MadxStiltsError]:
    """What became of each training of a group."""
    work = [(planned, planned.job, uses(planned.id)) for planned in jobs if isinstance(planned.job, Train)]
    _, first, _ = work[0]
    backbone = worker.backbone(first.backbone, first.recipe.train.precision)
    context = worker.train_context(backbone, [])
    materials = materials_of(first, first.recipe, context)
    orders = []
    for planned, job, used in work:
        role, name = planned.names[0]
        listener = StepEvents(worker.watch, worker.number, planned.id)
        orders.append(TrainJob(with_adapters(job.recipe, used), materials, role, name, listener))
    reused = [in_zoo(context, order.recipe, materials) is not None for order in orders]
    outcomes = train_together(context, orders)
    return [
        outcome if isinstance(outcome, MadxStiltsError) else made(planned, worker, outcome, reused=known_before)
        for planned, outcome, known_before in zip(jobs, outcomes, reused, strict=True)
    ]
