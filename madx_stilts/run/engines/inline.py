"""One worker, in this process."""

from dataclasses import dataclass

from madx_stilts.errors import UsageError
from madx_stilts.run.events import Watcher
from madx_stilts.run.worker_brief import WorkerBrief


@dataclass(frozen=True)
class Inline:
    """The worker is this process."""

    def workers(self, wanted: int | None, device: str) -> int:
        """See `Engine.workers`."""
        if wanted not in (None, 1):
            raise UsageError(f"{wanted} workers do not fit into one process.", hint="Use --engine processes.")
        return 1

    def run(self, brief: WorkerBrief, *, workers: int, watch: Watcher) -> None:
        """See `Engine.run`."""
        from madx_stilts.run.worker import work

        work(brief, watch)
