"""`madx-stilts grid report`: what came of a grid, as tables, figures and a page."""

import json
from pathlib import Path

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
    "--out",
    cls=Option,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    show_default="NAME-report, by the grid's name",
    help="Folder for the report.",
)
@json_option
@click.pass_obj
def report(settings: Settings, config: str, overrides: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Show what came of a grid, as far as it was run.

    CONFIG is a built-in name or a YAML file, as `grid run` takes it. Scores and gains over none are printed; the folder
    gets a page with figures (report.html), the figures alone, and all numbers (results.csv, gains.csv, averages.csv).
    What is missing is shown as a hole.

    \b
      madx-stilts grid report miniature
      madx-stilts grid report my-grid.yaml --out my-report
    """
    from madx_stilts.cli.grid_scores import print_results
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.report.write import as_json as facts_of
    from madx_stilts.report.write import write_report

    grid = workspace(settings).grid(config, changes=overrides)
    results = grid.results()
    files = write_report(results, out or Path(f"{grid.name}-report"))
    if as_json:
        echo(json.dumps({**facts_of(results), "files": {name: str(path) for name, path in files.items()}}))
        return
    print_results(results)
    echo(f"\nThe report: {files['page']}")
