"""The Slurm jobs of a grid, as text and for programs."""

from collections.abc import Sequence
from dataclasses import asdict

from madx_stilts.cli.output import echo
from madx_stilts.errors import NotAvailable
from madx_stilts.grid.plan import Plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.slurm.queue import Queued, names_of, queued


def slurm_jobs(plan: Plan, site: RunConfig) -> list[Queued]:
    """The Slurm jobs that wait for this plan or work on it; none, and a word on stderr, if Slurm does not tell."""
    try:
        return queued(names_of(site.zoo[0], plan.to_json()))
    except NotAvailable as error:
        echo(f"How Slurm jobs stand is not known: {error.message}", err=True)
        return []


def slurm_facts(jobs: Sequence[Queued]) -> dict[str, object]:
    """What `grid status --json` says of them."""
    return {"slurm": [asdict(job) for job in jobs]}


def print_slurm(jobs: Sequence[Queued]) -> None:
    """Print a line for each."""
    for job in jobs:
        echo(f"  slurm   {job}")
