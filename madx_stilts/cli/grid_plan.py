"""`madx-stilts grid plan`: what a grid comes down to, before anything is done."""

import json
import shlex

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.grid_options import config_argument, set_option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings


@click.command(cls=Command)
@config_argument
@set_option
@click.option("--explain", cls=Option, is_flag=True, help="Also list every job, and what it is for.")
@json_option
@click.pass_obj
def plan(settings: Settings, config: str, overrides: tuple[str, ...], explain: bool, as_json: bool) -> None:
    """Show a grid's jobs, what they share, and what the rest will cost.

    CONFIG is a built-in name or a YAML file. Nothing is loaded and nothing is done. Time, memory and disk are told
    from what jobs of the same kind took before; where none ran yet, that is said.

    \b
      madx-stilts grid plan miniature
      madx-stilts grid plan phang2020 --set seeds=[0] --set targets=[xnli,xquad]
      madx-stilts grid plan my-grid.yaml --explain
    """
    from madx_stilts.cli.grid_prospect import PlanOverview, print_prospect, prospect_facts
    from madx_stilts.cli.places import print_caveat, world_facts
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.cli.zoos import note_imported_among, open_zoo

    works = workspace(settings)
    world = works.places.data.world
    prospect = PlanOverview.of(works.grid(config, changes=overrides).plan(), settings)
    note_imported_among(open_zoo(settings), prospect.adapters)
    if as_json:
        echo(json.dumps(prospect_facts(prospect) | world_facts(world)))
        return
    command = shlex.join(["madx-stilts", "grid", "run", config, *(f"--set={change}" for change in overrides)])
    print_prospect(prospect, command, explain=explain)
    print_caveat(world)
