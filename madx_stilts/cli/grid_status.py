"""`madx-stilts grid status`: how each job of a grid stands."""

import json

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.grid_options import config_argument, set_option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings


@click.command(cls=Command)
@config_argument
@set_option
@click.option(
    "--all",
    "every",
    cls=Option,
    is_flag=True,
    help="Also list what is done, what is ready and what only waits.",
)
@json_option
@click.pass_obj
def status(settings: Settings, config: str, overrides: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Show what of a grid is done, running, failed or waiting.

    CONFIG is a built-in name or a YAML file. Nothing is changed; it may be asked while the grid runs.
    Slurm jobs that work on it are listed, wherever they were submitted.

    \b
      madx-stilts grid status miniature
    """
    from madx_stilts.cli.grid_slurm import print_slurm, slurm_facts, slurm_jobs
    from madx_stilts.cli.grid_standings import print_standings, standing_facts
    from madx_stilts.cli.places import print_caveat, world_facts
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.run.ledger import Ledger

    works = workspace(settings)
    grid, world = works.grid(config, changes=overrides), works.places.data.world
    plan, site = grid.plan(), grid.site()
    ledger = Ledger(plan, site.records, site.adapters)
    ledger.look()
    standings = list(ledger.standings())
    jobs = slurm_jobs(plan, site)
    if as_json:
        echo(json.dumps(standing_facts(plan, standings) | slurm_facts(jobs) | world_facts(world)))
        return
    print_standings(plan, standings, every=every)
    print_slurm(jobs)
    print_caveat(world)
