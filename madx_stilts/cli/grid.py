"""`madx-stilts grid`: a whole table of intermediates and targets from one file."""

import click

from madx_stilts.cli.command import Group
from madx_stilts.cli.grid_plan import plan
from madx_stilts.cli.grid_report import report
from madx_stilts.cli.grid_run import run
from madx_stilts.cli.grid_status import status


@click.group(cls=Group)
def grid() -> None:
    """Plan a grid, run it, look at what came of it.

    A grid is a YAML file with axes: backbones, intermediates, targets, seeds, and more. Every combination is a cell.
    Cells share what they have in common, and what was done is never done again.

    \b
      madx-stilts grid plan miniature
      madx-stilts grid run miniature
      madx-stilts grid status miniature
      madx-stilts grid report miniature
    """


for command in (plan, run, status, report):
    grid.add_command(command)
