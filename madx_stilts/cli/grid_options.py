"""What the commands of a grid are told on the command line."""

from dataclasses import dataclass
from typing import Literal

import click

from madx_stilts.bounds import Gigabytes, Minutes, Workers
from madx_stilts.cli.command import Option
from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.options import COUNT, TRUNK_CACHE
from madx_stilts.cli.ranges import within
from madx_stilts.run.slurm.resources import Resources

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


class OfSlurm(Option):
    """An option that only the engine slurm reads."""

    section = "With --engine slurm (changes no result)"


@dataclass(frozen=True)
class RunOptions:
    """How a grid is run."""

    engine: Literal["inline", "processes", "slurm"]
    workers: int | None
    device: str
    checkpoint_every: int
    recompute: str
    trunk_cache: int | None


RUNNING: OptionGroup[RunOptions] = OptionGroup(
    RunOptions,
    (
        option(
            "--engine",
            section=OfRun,
            default="inline",
            kind=click.Choice(["inline", "processes", "slurm"]),
            help="Work in this process, in several, or in jobs of a Slurm cluster.",
        ),
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
SLURM: OptionGroup[Resources] = OptionGroup(
    Resources,
    (
        option("--partition", section=OfSlurm, metavar="NAME", help="Partition of the cluster."),
        option("--account", section=OfSlurm, metavar="NAME", help="Account that pays."),
        option("--qos", section=OfSlurm, metavar="NAME", help="Quality of service."),
        option(
            "--time-limit",
            section=OfSlurm,
            metavar="MINUTES",
            kind=within(Minutes),
            shown="twice the estimate, or a day where there is none",
            help="Of each Slurm job. One that runs into it comes back and goes on.",
        ),
        option(
            "--memory",
            "memory_gb",
            section=OfSlurm,
            metavar="GB",
            kind=within(Gigabytes),
            shown="from the estimate, else as the cluster has it",
            help="Of the machine, for each Slurm job.",
        ),
        option(
            "--gpus",
            section=OfSlurm,
            metavar="N",
            kind=within(Workers),
            help="GPUs of each Slurm job; one worker for each.",
        ),
        option("--cpus", section=OfSlurm, metavar="N", kind=within(Workers), help="Cores of each Slurm job."),
        option(
            "--sbatch",
            section=OfSlurm,
            metavar="KEY=VALUE",
            default=(),
            help="Another option of sbatch, as in --sbatch constraint=a100. Give it as often as needed.",
        ),
    ),
)
no_wait_option = click.option(
    "--no-wait",
    cls=OfSlurm,
    is_flag=True,
    help="Return when the jobs are submitted. Else wait and show progress; Ctrl-C cancels the jobs.",
)
