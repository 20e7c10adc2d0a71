"""Submits workers to Slurm: an array, and one in reserve. Only this and what it submits need submitit."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from submitit import SlurmExecutor

from madx_stilts.errors import UsageError
from madx_stilts.run.events import Event, Watcher
from madx_stilts.run.slurm.job import SlurmJob
from madx_stilts.run.slurm.queue import names_in
from madx_stilts.run.slurm.resources import SlurmResources

_TIMEOUTS = 100
"""How often a job that runs into its time limit is requeued."""
_ENDS_UNUSED = {"kill-on-invalid-dep": "yes"}

Parameters = Mapping[str, object]


_INPUTS = frozenset({"SLURM_CONF", "SLURM_CLUSTERS"})
"""Variables that a user sets and that also hold for what a job submits."""
_OF_THE_JOB = ("SLURM_", "SLURMD_", "SUBMITIT_", "PMI_", "PMIX_")
_DEVICES = frozenset({"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK", "GPU_DEVICE_ORDINAL"})
"""What Slurm sets to the GPUs of a job."""
_CORES, _THREADS = "SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"


@contextmanager
def outside_of_any_job() -> Iterator[None]:
    """Hide inside the block what the environment says of the Slurm job that this process runs in, if it does.

    sbatch passes the environment on. A worker would take its array number, its CPU binding and its number of threads
    from the job that submitted it, and GPUs that are not its own. SBATCH_ variables are the user's, and stay.
    """
    hidden: dict[str, str] = {}
    if "SLURM_JOB_ID" in os.environ:
        names = [name for name in os.environ if name.startswith(_OF_THE_JOB) or name in _DEVICES]
        # A job script often sets the threads to the cores that it was given.
        names += [_THREADS] if os.environ.get(_THREADS, "") == os.environ.get(_CORES) else []
        hidden = {name: os.environ.pop(name) for name in names if name not in _INPUTS}
    try:
        yield
    finally:
        os.environ.update(hidden)


def submit(folder: Path, numbers: Sequence[int], resources: SlurmResources, asked: Parameters, watch: Watcher) -> None:
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
        with outside_of_any_job():
            first, *_ = executor.submit_array(jobs)
    except RuntimeError as error:
        hint = "Check --partition, --account, --gpus and the like."
        raise UsageError(f"Slurm refuses the jobs: {str(error).strip()}", hint=hint) from error
    return first.job_id.partition("_")[0]


def _said(text: str) -> Event:
    return Event(kind="said", text=text)
