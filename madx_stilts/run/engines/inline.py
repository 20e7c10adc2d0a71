"""One worker, in this process."""

from madx_stilts.run.brief import Brief
from madx_stilts.run.events import Watcher


def run(brief: Brief, *, workers: int, watch: Watcher) -> None:
    """Work until nothing is left to do.

    Args:
        workers: Always one here.

    Raises:
        MadxStiltsError: See `run.worker.work`.
    """
    from madx_stilts.run.worker import work

    work(brief, watch)
