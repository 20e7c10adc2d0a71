"""Options of the `grid` commands."""

from dataclasses import dataclass

import click

from madx_stilts.bounds import Workers
from madx_stilts.cli.command import Option
from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.options import COUNT, TRUNK_CACHE
from madx_stilts.cli.ranges import within

config_argument = click.argument("config")
set_option = click.option(
    "--set",
    "overrides",
    cls=Option,
    metavar="KEY=VALUE",
    multiple=True,
    help="Change one key of the grid, as in --set seeds=[0]. Give it as often as needed.",
)


class OfRun(Option):
    """An option that changes no result."""

    section = "Run (changes no result)"


@dataclass(frozen=True)
class RunArguments:
    """Options of `grid run`."""

    workers: int | None
    device: str
    checkpoint_every: int
    recompute: str
    trunk_cache: int | None


RUNNING: OptionGroup[RunArguments] = OptionGroup(
    RunArguments,
    (
        option(
            "--workers",
            section=OfRun,
            metavar="N",
            kind=within(Workers),
            shown="one per GPU, else per core, at most 4; 4 Slurm jobs",
            help="How many processes, which share the cores, or how many Slurm jobs.",
        ),
        option(
            "--device",
            section=OfRun,
            metavar="DEVICE",
            default="auto",
            help="cpu, cuda, cuda:1, ...; auto takes GPUs if there are any.",
        ),
        option(
            "--checkpoint-every",
            section=OfRun,
            metavar="N",
            default=500,
            kind=COUNT,
            help="Steps between two checkpoints; a training that was stopped goes on from the last.",
        ),
        option(
            "--recompute",
            section=OfRun,
            default="no",
            kind=click.Choice(["no", "layers"]),
            help="Recompute activations in the backward pass: less memory, more time.",
        ),
        TRUNK_CACHE,
    ),
)
