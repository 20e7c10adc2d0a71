"""Cost of a grid: time, memory, and what was there already."""

from collections.abc import Iterable
from dataclasses import dataclass

from madx_stilts.report.results import JobCost

_KINDS = {"train": "trainings", "score": "scorings"}


@dataclass(frozen=True)
class CostTotal:
    """Jobs of one kind, or all.

    Args:
        reused: Those whose adapter the zoo had already.
        open: Neither done nor reused.
        cells: How many cells they serve, counted once for each job.
    """

    kind: str
    jobs: int
    done: int
    reused: int
    open: int
    cells: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return dict(vars(self))


def sums(costs: Iterable[JobCost]) -> tuple[CostTotal, ...]:
    """Trainings, scorings, and all jobs together; kinds without a job are left out."""
    jobs = tuple(costs)
    kinds = [(name, [one for one in jobs if one.kind == kind]) for kind, name in _KINDS.items()]
    return tuple(_sum(name, chosen) for name, chosen in [*kinds, ("all", list(jobs))] if chosen)


def _sum(kind: str, jobs: list[JobCost]) -> CostTotal:
    counts = {status: sum(one.status == status for one in jobs) for status in ("done", "reused")}
    return CostTotal(
        kind=kind,
        jobs=len(jobs),
        done=counts["done"],
        reused=counts["reused"],
        open=len(jobs) - sum(counts.values()),
        cells=sum(one.cells for one in jobs),
        wall_seconds=sum(one.wall_seconds for one in jobs),
        cpu_seconds=sum(one.cpu_seconds for one in jobs),
        peak_bytes=max(one.peak_bytes for one in jobs),
    )


def seconds(value: float) -> str:
    """A time as a person reads it."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def size(value: int) -> str:
    """An amount of memory as a person reads it; a dash if it was not measured."""
    if not value:
        return "–"
    return f"{value / 2**30:.2f} GiB" if value >= 2**30 else f"{value / 2**20:.0f} MiB"
