"""From the options of `grid` commands to a plan and the place where it is run. No torch."""

from functools import partial

from madx_stilts.cli.checks import require_device
from madx_stilts.cli.grid_options import RunOptions
from madx_stilts.cli.places import data_place
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.zoos import zoo_layers
from madx_stilts.config import load
from madx_stilts.errors import UsageError
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.run.backbones import extent_of
from madx_stilts.run.engines.slurm import USUAL_WORKERS, Slurm
from madx_stilts.run.grid import Engine, EngineName
from madx_stilts.run.site import Site
from madx_stilts.run.slurm.resources import Resources
from madx_stilts.run.stamps import Stamps


def planned(settings: Settings, config: str, overrides: tuple[str, ...], *, offline: bool = True) -> Plan:
    """The plan of a grid.

    Args:
        config: A built-in name or a file.
        overrides: Changes as `--set` gives them.
        offline: Open no connection; otherwise configs of backbones that are not here yet are downloaded.

    Raises:
        MadxStiltsError: The config has faults, or there is no such backbone or data.
    """
    place = data_place(settings)
    grid = load(config, Grid, kind="grids", overrides=overrides)
    return plan(grid, place.tasks, Stamps(place), partial(extent_of, offline=offline or settings.offline))


def site_of(settings: Settings, how: RunOptions | None = None) -> Site:
    """Where a plan is run.

    Args:
        how: None: nothing is run, only looked at.
    """
    site = Site(zoo=zoo_layers(settings), data=settings.data, cache=settings.encodings, offline=settings.offline)
    if how is None:
        return site
    changes = {"device": how.device, "checkpoint_every": how.checkpoint_every, "recompute": how.recompute == "layers"}
    trunks = {"trunk_cache": settings.trunks, "trunk_cache_bytes": how.trunk_cache} if how.trunk_cache else {}
    return site.model_copy(update=changes | trunks)


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
