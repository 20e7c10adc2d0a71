"""An array of Slurm jobs, each with workers of its own, through submitit.

The jobs share the work by the store, so it must lie where all nodes see it and file locks hold between them. What
needs what is settled there too: no Slurm job waits for another, but one in reserve.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from madx_stilts.errors import JobFailed, NotAvailable
from madx_stilts.files import sweep, write_whole
from madx_stilts.grid.estimate import estimate
from madx_stilts.locks import held
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.ledger import Ledger
from madx_stilts.run.slurm.news import EventReader
from madx_stilts.run.slurm.queue import BRIEF, cancel, folder_of, names_in, queued
from madx_stilts.run.slurm.resources import SlurmResources
from madx_stilts.run.worker_brief import WorkerBrief

USUAL_WORKERS = 4
_POLL_SECONDS = 1.0
"""Between two looks at what the jobs tell."""
_ASK_EVERY = 5
"""So many looks, Slurm is asked how they stand."""


@dataclass(frozen=True)
class Slurm(SlurmResources):
    """Workers are Slurm jobs.

    Args:
        wait: Wait for them and report what they do; else they go on by themselves.
    """

    wait: bool = field(
        default=True,
        metadata={
            "help": "Return when the jobs are submitted. Else wait and show progress; Ctrl-C cancels the jobs.",
        },
    )

    def workers(self, wanted: int | None, device: str) -> int:
        """See `Engine.workers`; a worker is a Slurm job here."""
        self.further()  # before anything is loaded
        return wanted or USUAL_WORKERS

    def run(self, brief: WorkerBrief, *, workers: int, watch: Watcher) -> None:
        """Let Slurm jobs work until nothing is left to do. Those that do the same brief already count.

        Args:
            workers: How many Slurm jobs there are to be.

        Raises:
            NotAvailable: There is no submitit or no Slurm here, or Slurm does not answer.
            UsageError: Slurm refuses the jobs.
            Busy: Another run submits jobs for the same work at this moment.
            KeyboardInterrupt: As it came; the jobs were cancelled before.
            MadxStiltsError: The jobs ended although something is left to do, with the last one's reason.
        """
        folder, ledger = folder_of(brief), brief.opened()[1]
        ledger.look()
        news, there = EventReader(folder, watch), len(queued(names_in(folder)[:1]))
        if there:
            watch(Event(kind="said", text=f"{there} Slurm jobs of an earlier run still work on this."))
        numbers = range(there, min(workers, len(ledger.open())))
        if numbers:
            sharing = brief.model_copy(update={"workers": numbers.stop * self.processes})
            self._submit(sharing, numbers, ledger, watch)
        if self.wait:
            _attend(names_in(folder), ledger, news, watch)
            if ledger.open():
                hint = f"Look at the logs in {folder}, and run it again to go on."
                raise news.reason or JobFailed("The Slurm jobs ended before all was done.", hint=hint)

    def _submit(self, brief: WorkerBrief, numbers: Sequence[int], ledger: Ledger, watch: Watcher) -> None:
        try:
            from madx_stilts.run.slurm.submit import submit
        except ModuleNotFoundError as error:
            if error.name != "submitit":
                raise
            hint = "Install it: pip install 'madx_stilts[slurm]'."
            raise NotAvailable("The engine slurm needs the package submitit.", hint=hint) from error
        cost = estimate(ledger.plan, brief.site.records.all(), ledger.done)
        seconds = None
        if cost.wall_seconds is not None and cost.known == cost.jobs:
            seconds = cost.wall_seconds / len(numbers)
        # What was measured on a GPU is its memory, and tells nothing of the machine's.
        asked = self.asked(seconds, cost.peak_bytes if cost.device == "cpu" else None)
        folder = folder_of(brief)
        with held(folder / "submit.lock", busy="Another run submits Slurm jobs for the same work."):
            sweep(folder)
            write_whole(folder / BRIEF, brief.model_dump_json())
            submit(folder, numbers, self, asked, watch)


def _attend(names: Sequence[str], ledger: Ledger, news: EventReader, watch: Watcher) -> None:
    """Pass on what the jobs tell until they have ended."""
    try:
        while _are_at_work(names, ledger):
            for _ in range(_ASK_EVERY):
                time.sleep(_POLL_SECONDS)
                news.pass_on()
    except KeyboardInterrupt:
        watch(Event(kind="said", text="The Slurm jobs are cancelled. With --no-wait they would go on."))
        cancel(names)
        raise
    news.pass_on()
    cancel(names, only_waiting=True)


def _are_at_work(names: Sequence[str], ledger: Ledger) -> bool:
    """Whether jobs work, or wait while something is left to do."""
    states = {job.state for job in queued(names)}
    ledger.look()
    # What is COMPLETING has told all, and may be requeued; where its node is lost, it may stay so for long.
    return bool(states if ledger.open() else states - {"COMPLETING", "PENDING"})
