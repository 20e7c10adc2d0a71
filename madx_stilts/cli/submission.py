"""`madx-stilts submission`: predictions in the layout of XTREME and XTREME-R."""

import json
from pathlib import Path

import click

from madx_stilts.cli.command import Group, Option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo


@click.group(cls=Group)
def submission() -> None:
    """Score a submission to XTREME or XTREME-R."""


@submission.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--labels",
    cls=Option,
    type=click.Path(path_type=Path),
    metavar="DIR",
    required=True,
    help="A folder of the same layout, with the labels of the test sets.",
)
@click.option(
    "--benchmark",
    cls=Option,
    type=click.Choice(["xtreme", "xtreme_r"]),
    default="xtreme",
    show_default=True,
    help="Which tasks and languages there are.",
)
@json_option
def score(folder: Path, labels: Path, benchmark: str, as_json: bool) -> None:
    """Score a submission as the official evaluator does.

    FOLDER is a submission: a folder for each task, in it a file test-LANGUAGE for each language. Tasks that are not
    there are left out, with the means that need them; a task that is there must have all its languages.

    \b
      madx-stilts submission score predictions --labels labels --benchmark xtreme_r
    """
    from madx_stilts.cli.submission_page import print_submission
    from madx_stilts.cli.telling import note
    from madx_stilts.report.layout import Benchmark
    from madx_stilts.report.xtreme import score_submission

    result = score_submission(folder, labels, Benchmark(benchmark))
    for line in result.notes:
        note(line)
    if as_json:
        echo(json.dumps(result.as_json()))
        return
    print_submission(f"{folder}, scored as {benchmark}", result)
