"""Cost estimates of plans, from similar jobs that were measured before."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from madx_stilts.grid.job import Job, JobId, Train
from madx_stilts.grid.plan import Plan

SizeOf = Callable[[str], int | None]
"""Bytes of an adapter on disk, by its id; none if it is not there."""


class MeasuredJob(Protocol):
    """What is read of a record."""

    @property
    def job(self) -> Job: ...
    @property
    def status(self) -> str: ...
    @property
    def adapter(self) -> str | None: ...
    @property
    def reused(self) -> bool: ...
    @property
    def wall_seconds(self) -> float: ...
    @property
    def cpu_seconds(self) -> float: ...
    @property
    def peak_bytes(self) -> int: ...
    @property
    def device(self) -> str: ...


@dataclass(frozen=True)
class CostEstimate:
    """Estimated cost of the jobs that are left, one after another.

    Args:
        jobs: How many there are.
        known: For how many of them a rate was measured; only these are in the sums.
        wall_seconds: None where no rate is known.
        peak_bytes: Of the hungriest job, backbone included.
        disk_bytes: Of the adapters that will be made.
        device: On which the rates were measured.
        unknown: The kinds of jobs without a rate, and how many there are of each.
    """

    jobs: int
    known: int
    wall_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_bytes: int | None = None
    disk_bytes: int | None = None
    device: str = ""
    unknown: tuple[tuple[str, int], ...] = ()

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "jobs": self.jobs,
            "jobs_with_rate": self.known,
            "wall_seconds": self.wall_seconds,
            "cpu_seconds": self.cpu_seconds,
            "peak_bytes": self.peak_bytes,
            "disk_bytes": self.disk_bytes,
            "device": self.device,
            "unknown": [{"kind": kind, "jobs": count} for kind, count in self.unknown],
        }


@dataclass(frozen=True)
class _Rate:
    """What one job cost, by the work that it did."""

    work: float
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    disk_bytes: int | None


def estimate(
    plan: Plan, records: Iterable[MeasuredJob], done: Iterable[JobId] = (), *, size_of: SizeOf = lambda adapter: None
) -> CostEstimate:
    """Estimate what is not done yet.

    Args:
        records: What jobs left, of this plan or of others. Those that failed, or found their adapter in the zoo, tell
            nothing.
        done: The jobs that need not be done.
        size_of: Tells the size of adapters.
    """
    finished = set(done)
    waiting = [planned.job for identity, planned in plan.jobs.items() if identity not in finished]
    measured = [record for record in records if record.status == "done" and not record.reused]
    device = _usual_device(measured)
    exact, near = _rates([record for record in measured if record.device == device], size_of)
    costs: list[_Rate] = []
    unknown: Counter[str] = Counter()
    for job in waiting:
        rates = exact.get(_exact(job)) or near.get(_near(job))
        if rates:
            costs.append(_cost(job, rates))
        else:
            unknown[_told(job)] += 1
    if not costs:
        return CostEstimate(len(waiting), 0, unknown=tuple(unknown.items()))
    disk = [cost.disk_bytes for cost in costs if cost.disk_bytes is not None]
    return CostEstimate(
        jobs=len(waiting),
        known=len(costs),
        wall_seconds=round(sum(cost.wall_seconds for cost in costs), 1),
        cpu_seconds=round(sum(cost.cpu_seconds for cost in costs), 1),
        peak_bytes=max(cost.peak_bytes for cost in costs),
        disk_bytes=sum(disk) if disk else None,
        device=device,
        unknown=tuple(unknown.items()),
    )


def _usual_device(measured: Sequence[MeasuredJob]) -> str:
    """The device of most records: rates of different ones are not mixed."""
    counts = Counter(record.device for record in measured)
    return max(counts, key=lambda device: (counts[device], device), default="")


def _rates(
    measured: Iterable[MeasuredJob], size_of: SizeOf
) -> tuple[Mapping[object, list[_Rate]], Mapping[object, list[_Rate]]]:
    """Rates of jobs that are quite like one, and of those that are of its kind."""
    exact: dict[object, list[_Rate]] = defaultdict(list)
    near: dict[object, list[_Rate]] = defaultdict(list)
    for record in measured:
        size = size_of(record.adapter) if record.adapter is not None else None
        rate = _Rate(_work(record.job), record.wall_seconds, record.cpu_seconds, record.peak_bytes, size)
        exact[_exact(record.job)].append(rate)
        near[_near(record.job)].append(rate)
    return exact, near


def _cost(job: Job, rates: Sequence[_Rate]) -> _Rate:
    """The median over rates, each for the work of this job."""
    work = _work(job)
    sizes = [rate.disk_bytes for rate in rates if rate.disk_bytes is not None]
    return _Rate(
        work,
        median(rate.wall_seconds * work / rate.work for rate in rates),
        median(rate.cpu_seconds * work / rate.work for rate in rates),
        max(rate.peak_bytes for rate in rates),
        round(median(sizes)) if sizes else None,
    )


def _exact(job: Job) -> object:
    """What jobs share that cost the same."""
    if isinstance(job, Train):
        one = job.recipe
        return ("train", job.backbone, one.parts, one.method, one.train, len(one.below), len(one.fused))
    return ("score", job.backbone, job.task, job.languages, job.split, job.limit, len(job.stack))


def _near(job: Job) -> object:
    """What jobs share that cost in proportion to their work."""
    if isinstance(job, Train):
        train, limit = job.recipe.train, job.recipe.parts[0].limit
        return ("train", job.backbone, job.recipe.tasks, train.max_tokens, train.max_steps is None, limit is None)
    return ("score", job.backbone, job.task, job.split, job.limit is None)


def _work(job: Job) -> float:
    """How much a job does, compared with jobs that are near: examples, or where nothing limits them, epochs.

    Of a scoring, examples, or where nothing limits them, languages.
    """
    if not isinstance(job, Train):
        return max(1, len(job.languages)) * (job.limit or 1)
    settings, limit = job.recipe.train, job.recipe.parts[0].limit or 1
    return settings.max_steps * settings.batch_size if settings.max_steps is not None else settings.epochs * limit


def _told(job: Job) -> str:
    what = " with ".join(job.recipe.tasks) if isinstance(job, Train) else job.task
    return f"{job.kind} {what} on {job.backbone}"
