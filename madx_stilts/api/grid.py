"""A grid in the Python API: planned, run and reported. No torch where nothing is left to train."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from madx_stilts.api.checks import require_device
from madx_stilts.api.config import Places
from madx_stilts.api.options import RunOptions
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.report.gains import Gain, all_gains
from madx_stilts.report.gather import gather
from madx_stilts.report.results import NONE, Results
from madx_stilts.report.write import write_report
from madx_stilts.run.backbones import extent_of
from madx_stilts.run.config import RunConfig
from madx_stilts.run.data_stamps import DataStamps
from madx_stilts.run.engine import Engine
from madx_stilts.run.events import Watcher, unwatched
from madx_stilts.run.grid import RunOutcome, run_grid

Watch = Callable[[Plan, RunConfig], AbstractContextManager[Watcher]]
"""Makes the context in which a run is followed."""


@contextmanager
def _unwatched(plan: Plan, site: RunConfig) -> Iterator[Watcher]:
    yield unwatched


@dataclass(frozen=True)
class Gains:
    """Gains of intermediates over the target without one, in points."""

    gains: tuple[Gain, ...]

    def to_frame(self) -> Any:
        """One row for each gain, as a `pandas.DataFrame`; `holm` is the corrected p value."""
        import pandas

        rows = [
            {
                "backbone": gain.part.backbone,
                "transfer": gain.part.transfer,
                "intermediate": gain.intermediate,
                "target": gain.target.name,
                "over": gain.over,
                "gain": gain.value.mean,
                "sd": gain.value.sd,
                "seeds": len(gain.value.seeds),
                "low": gain.low,
                "high": gain.high,
                "holm": gain.holm,
            }
            for gain in self.gains
        ]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        return f"<Gains: {len(self.gains)}, {sum(gain.is_sure for gain in self.gains)} more than chance>"

    def _repr_html_(self) -> str:
        html: str = self.to_frame().to_html(index=False)
        return html


@dataclass(frozen=True)
class GridExperiment:
    """A grid of intermediates and targets in a workspace.

    Args:
        grid: Axes, and how adapters are made and scored.
        places: Where it is run.
    """

    grid: Grid
    places: Places

    @property
    def name(self) -> str:
        """The grid's name."""
        return self.grid.name

    def plan(self, *, offline: bool = True) -> Plan:
        """The fewest trainings and scorings that make all of it.

        Args:
            offline: Open no connection; otherwise configs of backbones that are not here yet are downloaded.

        Raises:
            ConfigError: The grid cannot be planned; all faults are reported.
        """
        data = self.places.data
        return plan(self.grid, data.tasks, DataStamps(data), partial(extent_of, offline=offline or data.offline))

    def site(self, options: RunOptions | None = None) -> RunConfig:
        """Where and how its jobs are run."""
        how, places = options or RunOptions(), self.places
        trunks = {} if how.trunk_cache is None else {"trunk_cache": places.trunks, "trunk_cache_bytes": how.trunk_cache}
        return RunConfig(
            zoo=places.zoo_folders,
            data=places.data.mirrors,
            cache=places.encodings,
            offline=places.data.offline,
            device=how.device or places.device,
            checkpoint_every=how.checkpoint_every,
            recompute=how.recompute,
        ).model_copy(update=trunks)

    def run(
        self,
        *,
        engine: str | Engine = "inline",
        workers: int | None = None,
        watch: Watch = _unwatched,
        options: RunOptions | None = None,
    ) -> RunOutcome:
        """Do what is not done; what failed before is tried again.

        Args:
            engine: `inline`, `processes`, `slurm` or one that a package installs; or an engine with options of its own.
            workers: How many; None: as suits the engine.
            watch: Given plan and site, the context in which the run is followed.
            options: How it is run; None: as usual.

        Raises:
            ConfigError: The grid cannot be planned.
            Interrupted: A signal asked to stop; what was finished is kept.
        """
        how = options or RunOptions()
        site = self.site(how)
        require_device(site.device)
        plan = self.plan(offline=False)
        with watch(plan, site) as watcher:
            return run_grid(plan, site, engine=engine, workers=workers, watch=watcher, verify=how.verify)

    def results(self) -> Results:
        """Scores of all cells, as far as the grid was run."""
        data = self.places.data
        return gather(self.plan(), self.site().records, data.tasks, world=data.world)

    def gains(self) -> Gains:
        """What each intermediate is worth for each target, as far as the grid was run."""
        return Gains(tuple(one for one in all_gains(self.results()) if one.intermediate != NONE))

    def report(self, folder: str | Path) -> dict[str, Path]:
        """Write a page with figures, and all numbers as CSV.

        Returns:
            The files, by what they are.
        """
        return dict(write_report(self.results(), Path(folder)))

    def __repr__(self) -> str:
        return f"<GridExperiment {self.grid.name}>"
