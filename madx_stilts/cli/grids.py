"""From the options of `grid run` to how it is run. No torch."""

from madx_stilts.api import options as api
from madx_stilts.api.checks import require_device
from madx_stilts.cli.grid_options import RunOptions
from madx_stilts.errors import UsageError
from madx_stilts.run.engines.slurm import USUAL_WORKERS, Slurm
from madx_stilts.run.grid import Engine, EngineName
from madx_stilts.run.slurm.resources import Resources


def run_options(how: RunOptions, *, verify: bool) -> api.RunOptions:
    """How the jobs of a grid are run."""
    return api.RunOptions(
        device=how.device,
        checkpoint_every=how.checkpoint_every,
        recompute=how.recompute == "layers",
        trunk_cache=how.trunk_cache,
        verify=verify,
    )


def engine_of(how: RunOptions, resources: Resources, *, wait: bool) -> tuple[EngineName | Engine, int | None]:
    """The engine that is wanted, and how many workers it has; none: as usual.

    Args:
        resources: Of each Slurm job.
        wait: Whether Slurm jobs are waited for.

    Raises:
        UsageError: Something is not to be waited for that works in processes of this machine, or a device or an option
            of sbatch cannot be.
    """
    require_device(how.device)
    resources.further()
    if how.engine == "slurm":
        return Slurm(resources, wait=wait), how.workers or USUAL_WORKERS
    if not wait:
        raise UsageError(f"The engine {how.engine} ends with its run.", hint="--no-wait goes with --engine slurm.")
    return how.engine, how.workers
