"""`madx-stilts miniature`: the constructed world that the demo runs on."""

from pathlib import Path

import click

from madx_stilts.cli.command import Group, Option


@click.group(cls=Group)
def miniature() -> None:
    """Write the data sets of a small constructed world."""


@miniature.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", cls=Option, default=1, show_default=True, help="Another seed makes another world.")
@click.option(
    "--size",
    cls=Option,
    type=click.Choice(["full", "small"]),
    default="full",
    show_default=True,
    help="full: 4,000 rows to train on and 400 to score, in each data set; small: a tenth.",
)
def build(folder: Path, seed: int, size: str) -> None:
    """Write every data set of the miniature into DIR.

    DIR is a new folder, or that of a miniature, which is replaced; anything else is left alone. Languages, world and
    text are made up, but the form is that of the real data sets, so `--data DIR` reads them. The same seed writes the
    same bytes.

    \b
      madx-stilts miniature build mini
      madx-stilts tasks list --data mini
      madx-stilts train intermediate mnli --data mini
    """
    from madx_stilts.miniature.build import build as write

    write(folder, seed=seed, size="small" if size == "small" else "full")
    click.echo(f"Wrote the miniature of seed {seed} to {folder}. Use it with: madx-stilts --data {folder} ...")
