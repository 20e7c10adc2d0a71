"""What one Slurm job does: run worker processes on its node, and tell what happens in a file of the store.

Slurm stops a job in two ways. SIGTERM: it is cancelled, or preempted; the workers write checkpoints, and whether the
job comes back is up to Slurm. The signal of submitit (USR2), some time before a limit or at a preemption: likewise, and
then the job requeues itself. What comes back goes on from the checkpoints.
"""

import os
import signal
import threading
from pathlib import Path
from types import FrameType

from submitit import JobEnvironment
from submitit.helpers import DelayedSubmission

from madx_stilts.errors import Interrupted, MadxStiltsError
from madx_stilts.run.engines.processes import Processes
from madx_stilts.run.events import Event
from madx_stilts.run.reserving import reserving
from madx_stilts.run.slurm.news import is_wanted_after, told_by
from madx_stilts.run.slurm.queue import BRIEF
from madx_stilts.run.worker_brief import WorkerBrief, threads_each

_REQUEUE = signal.Signals[f"SIG{JobEnvironment.USR_SIG}"]


class SlurmJob:
    """A function for submitit, which calls it in the Slurm job.

    Args:
        folder: Holds the brief, and takes what is told.
        number: Of its first worker, from 0.
        workers: How many processes it has.
        reserve_of: An array that has ended when this begins. It works only if one of that died.
    """

    def __init__(self, folder: Path, number: int, workers: int, *, reserve_of: str = "") -> None:
        self.folder, self.number, self.workers, self.reserve_of = folder, number, workers, reserve_of

    def __call__(self) -> None:
        """Work until nothing is left to do."""
        if self.reserve_of and not is_wanted_after(self.folder, self.reserve_of):
            return
        os.environ.setdefault("OMP_NUM_THREADS", os.environ.get("SLURM_CPUS_PER_TASK") or str(threads_each(1)))
        brief = WorkerBrief.model_validate_json((self.folder / BRIEF).read_text(encoding="utf-8"))
        brief = brief.model_copy(update={"threads": threads_each(self.workers)})
        requeue = signal.getsignal(_REQUEUE)
        came = _interrupted_by(signal.SIGTERM, _REQUEUE)
        id = JobEnvironment().job_id
        with told_by(self.folder, id).open("a", buffering=1, encoding="utf-8") as file:

            def tell(event: Event) -> None:
                print(event.model_copy(update={"worker": self.number + event.worker}).model_dump_json(), file=file)

            # Who submitted this may have ended, so each job holds by itself what the open jobs need.
            ledger = brief.opened()[1]
            try:
                ledger.look()
                with reserving(brief.site.adapters, ledger, tell) as watch:
                    Processes().run(brief, workers=self.workers, watch=watch)
            except (KeyboardInterrupt, Interrupted) as error:
                tell(_stopped(Interrupted(f"Slurm job {id} was stopped.", hint="Run it again to go on.")))
                if _REQUEUE in came and callable(requeue):
                    requeue(_REQUEUE, None)  # ends the process
                raise SystemExit(Interrupted.exit_code) from error
            except MadxStiltsError as error:
                tell(_stopped(error))
                raise SystemExit(error.exit_code) from error
            tell(Event(kind="stopped"))

    def checkpoint(self) -> DelayedSubmission:
        """What submitit is to run when the job comes back: the same, for all that was done is in the store."""
        return DelayedSubmission(self)


def _stopped(error: MadxStiltsError) -> Event:
    return Event(kind="stopped", error=type(error).__name__, text=error.message, hint=error.hint)


def _interrupted_by(*signals: signal.Signals) -> list[int]:
    """Let the first of these signals interrupt the main thread, from now on.

    Slurm sends a signal to all processes of a job. The main thread holds these back, and so do the worker processes,
    which inherit that: they are asked to stop once, by their run. Another thread lets them through to this process.

    Returns:
        The signals that came, to be looked at later.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise KeyboardInterrupt

    def let_through() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        threading.Event().wait()

    for number in signals:
        signal.signal(number, note)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    threading.Thread(target=let_through, daemon=True).start()
    return came
