"""`madx-stilts grid run`: do what of a grid is not done."""

import json

import click

from madx_stilts.cli.engine_options import EngineCommand
from madx_stilts.cli.grid_options import RUNNING, OfRun, config_argument, set_option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings


@click.command(cls=EngineCommand)
@config_argument
@set_option
@RUNNING
@click.option(
    "--verify",
    cls=OfRun,
    is_flag=True,
    help="First read all files of the grid's adapters; train again what is damaged.",
)
@json_option
@click.pass_obj
def run(settings: Settings, config: str, overrides: tuple[str, ...], verify: bool, as_json: bool) -> None:
    """Do every job of a grid that is not done.

    CONFIG is a built-in name or a YAML file. What failed before is tried again. Stop it at any time and run it again:
    it goes on where it was. Several runs of one grid share its work.

    With --engine slurm, zoo, data and cache lie where all nodes see them, and file locks hold between nodes. Jobs that
    an earlier run submitted and that are still there count among --workers.

    \b
      madx-stilts grid run miniature
      madx-stilts grid run my-grid.yaml --engine processes --workers 4
      madx-stilts grid run my-grid.yaml --engine slurm --workers 8 --gpus 1 --no-wait
    """
    from functools import partial

    from madx_stilts.cli.grid_outcome import failure_of, outcome_facts, print_outcome
    from madx_stilts.cli.grid_progress import watching
    from madx_stilts.cli.grids import chosen_engine, run_options
    from madx_stilts.cli.places import data_place, print_caveat
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.cli.zoos import note_imported_among, open_zoo

    how = RUNNING.chosen()
    grid = workspace(settings).grid(config, changes=overrides)
    outcome = grid.run(
        engine=chosen_engine(),
        workers=how.workers,
        watch=partial(watching, settings),
        options=run_options(how, verify=verify),
    )
    note_imported_among(open_zoo(settings), [one.adapter for one in outcome.done.values() if one.adapter])
    if as_json:
        echo(json.dumps(outcome_facts(outcome)))
    else:
        print_outcome(outcome)
        print_caveat(data_place(settings).world)
    if not outcome.ended_well:
        raise failure_of(outcome)
