"""`madx-stilts miniature`: the constructed world that the demo runs on."""

from pathlib import Path

import click

from madx_stilts.bounds import Seed, Workers
from madx_stilts.cli.command import Group, Option
from madx_stilts.cli.output import echo
from madx_stilts.cli.ranges import within
from madx_stilts.cli.settings import Settings


@click.group(cls=Group)
def miniature() -> None:
    """Write the data of a small constructed world."""


@miniature.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--seed",
    cls=Option,
    type=within(Seed),
    metavar="N",
    default=1,
    show_default=True,
    help="Another seed makes another world.",
)
@click.option(
    "--size",
    cls=Option,
    type=click.Choice(["full", "small"]),
    default="full",
    show_default=True,
    help="full: 4,000 rows to train on and 400 to score, in each data set; small: a tenth.",
)
@click.pass_obj
def build(settings: Settings, folder: Path, seed: int, size: str) -> None:
    """Write every data set of the miniature into DIR.

    DIR is a new folder, or that of a miniature, which is replaced; anything else is left alone. Languages, world and
    text are made up, but the form is that of the real data sets, so `--data DIR` reads them. The same seed writes the
    same bytes.

    \b
      madx-stilts miniature build mini
      madx-stilts tasks list --data mini
      madx-stilts train intermediate mnli --data mini
    """
    from functools import partial

    from madx_stilts.cli.telling import say
    from madx_stilts.miniature.build import build as write
    from madx_stilts.score.progress import ProgressLines

    lines = ProgressLines(partial(say, settings), f"Building the miniature in {folder}")
    write(folder, seed=seed, size="small" if size == "small" else "full", on_batch=lines)
    echo(f"Wrote the miniature of seed {seed} to {folder}. Use it with: madx-stilts --data {folder} ...")


@miniature.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--workers",
    cls=Option,
    type=within(Workers),
    metavar="N",
    show_default="one per core, at most 4",
    help="Processes.",
)
@click.pass_obj
def adapters(settings: Settings, folder: Path, workers: int | None) -> None:
    """Train the adapters that come with the package.

    DIR is a zoo. It gets language adapters, the nine intermediates, and targets, on the encoder `miniature`, with the
    data that --data names. The same data and encoder give the same adapters. Stop it at any time and run it again.
    `adapters_zoo` of the repository was made so:

    \b
      madx-stilts miniature build mini
      madx-stilts miniature adapters adapters_zoo --data mini
    """
    from dataclasses import replace
    from functools import partial

    from madx_stilts.cli.demo import GRID
    from madx_stilts.cli.grid_progress import watching
    from madx_stilts.cli.telling import say
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.grid.plan import Plan
    from madx_stilts.run.config import RunConfig
    from madx_stilts.run.grid import RunOutcome, run_grid

    here = replace(settings, zoo=folder, offline=True)
    works = workspace(here)
    works.grid(GRID).plan()  # shows what is wrong with the data before torch is loaded

    from madx_stilts.demo.adapters import ZooBuilder

    def run(plan: Plan, site: RunConfig) -> RunOutcome:
        with watching(here, plan, site) as watch:
            return run_grid(plan, site, engine="processes", workers=workers, watch=watch)

    site = RunConfig(zoo=(folder,), data=here.data, cache=here.encodings, offline=True)
    refs = ZooBuilder(lambda changes: works.grid(GRID, changes=changes).plan(), run, partial(say, settings)).make(site)
    echo(f"{len(refs)} adapters are in {folder}; its README.md lists them.")
