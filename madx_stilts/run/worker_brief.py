"""All that a worker is told, as one text: it may run in another process, or on another machine with the same folders.

No torch.
"""

import os
import sys
from contextlib import suppress

from madx_stilts.bounds import Count
from madx_stilts.grid.plan import Plan
from madx_stilts.recipe import Frozen
from madx_stilts.run.config import RunConfig
from madx_stilts.run.ledger import Ledger


class WorkerBrief(Frozen):
    """A plan, where its store is, and what of that does not count."""

    plan: str
    """As `Plan.to_json` writes it."""
    site: RunConfig
    stale: frozenset[str] = frozenset()
    """Checksums of records that do not count: those of failures that are tried again."""
    threads: Count = 1
    """Of the processor, for this worker."""
    workers: Count = 1
    """That share the plan: each leaves the others their part of what could be done together."""
    alone: frozenset[str] = frozenset()
    """Jobs that are done with no others, because a worker died that did them."""

    def opened(self) -> tuple[Plan, Ledger]:
        """The plan, and what of it is done."""
        plan = Plan.from_json(self.plan)
        return plan, Ledger(plan, self.site.records, self.site.adapters, stale=self.stale)


def threads_each(workers: int) -> int:
    """Threads that each of some workers may use: the cores, or what OMP_NUM_THREADS allows, divided fairly."""
    return max(1, _threads() // workers)


def _threads() -> int:
    cores = os.cpu_count() or 1
    if sys.platform == "linux":  # elsewhere a process cannot be bound to some of the cores
        cores = len(os.sched_getaffinity(0))
    with suppress(ValueError):
        cores = min(cores, max(1, int(os.environ.get("OMP_NUM_THREADS", cores))))
    return cores
