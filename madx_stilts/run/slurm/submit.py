"""Submits workers to Slurm: an array, and one in reserve. Only this and what it submits need submitit."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from submitit import SlurmExecutor

from madx_stilts.errors import UsageError
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.slurm.job import SlurmJob
from madx_stilts.run.slurm.queue import names_in
from madx_stilts.run.slurm.resources import Resources

_TIMEOUTS = 100
"""How often a job that runs into its time limit is requeued."""
_ENDS_UNUSED = {"kill-on-invalid-dep": "yes"}

Parameters = Mapping[str, object]


def submit(folder: Path, numbers: Sequence[int], resources: Resources, asked: Parameters, watch: Watcher) -> None:
    """Submit workers, and one that works only if they all ended and one of them died without a word.

    Args:
        folder: Holds their brief.
        numbers: Of the jobs.
        asked: What each job asks for, as submitit names it.

    Raises:
        UsageError: Slurm refuses them.
    """
    workers, (name, reserve), further = resources.processes, names_in(folder), resources.further()
    jobs = [SlurmJob(folder, number * workers, workers) for number in numbers]
    array = _submitted(folder, jobs, {**asked, "job_name": name, "additional_parameters": further})
    gpus = f"{resources.gpus} GPUs each" if resources.gpus else "no GPU (ask for some with --gpus)"
    watch(_said(f"Slurm job {array}: {len(jobs)} x {asked['time']} minutes at most, {gpus}. Logs: {folder}"))
    spare = SlurmJob(folder, (numbers[-1] + 1) * workers, workers, reserve_of=array)
    waits = {"dependency": f"afternotok:{array}", "additional_parameters": {**further, **_ENDS_UNUSED}}
    try:
        last = _submitted(folder, [spare], {**asked, **waits, "job_name": reserve})
    except UsageError as error:
        watch(_said(f"None is in reserve: {error.message}"))
    else:
        watch(_said(f"Slurm job {last} is in reserve; it works only if one of these dies."))


def _submitted(folder: Path, jobs: Sequence[SlurmJob], parameters: Parameters) -> str:
    """The id of an array of jobs that Slurm took."""
    try:
        executor = SlurmExecutor(folder, max_num_timeout=_TIMEOUTS)
        executor.update_parameters(**parameters)
        first, *_ = executor.submit_array(jobs)
    except RuntimeError as error:
        hint = "Check --partition, --account, --gpus and the like."
        raise UsageError(f"Slurm refuses the jobs: {str(error).strip()}", hint=hint) from error
    return first.job_id.partition("_")[0]


def _said(text: str) -> Event:
    return Event(kind="said", text=text)
