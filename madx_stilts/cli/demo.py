"""`madx-stilts demo`: the main job on the embedded default, end to end, offline."""

import json
from dataclasses import replace
from pathlib import Path

import click

from madx_stilts.bounds import Workers
from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.ranges import within
from madx_stilts.cli.settings import Settings

NEXT = """\
Next, on real data, with a real backbone:
  madx-stilts tasks list
  madx-stilts train intermediate squad_v1 --backbone xlmr-base --limit 2000
  madx-stilts train target xquad --on intermediate/squad_v1 --backbone xlmr-base --limit 2000"""

GRID = "miniature"
CHANGES = {
    "fast": ("intermediates=[none,mnli,ccg]", "targets=[xnli,udpos,tatoeba]"),
    "usual": (),
    "full": (
        "seeds=[0,1,2]",
        "targets=[xnli,paws_x,udpos,panx,xquad,mlqa,tydiqa_goldp,xcopa,bucc2018,tatoeba,lareqa]",
    ),
}
"""What of the grid is otherwise in each size, as `--set` gives it."""
PLACES = ("zoo", "data", "cache", "peers")
"""Settings that the demo has of its own."""


@click.command(cls=Command)
@click.option(
    "--out",
    cls=Option,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=Path("madx-stilts-demo"),
    show_default=True,
    help="Folder for data, adapters and the report.",
)
@click.option("--fast", "size", cls=Option, flag_value="fast", help="A small part of it, in less than a minute.")
@click.option(
    "--full",
    "size",
    cls=Option,
    flag_value="full",
    help="Eleven targets, with three seeds: 17 minutes of two cores.",
)
@click.option(
    "--workers",
    cls=Option,
    type=within(Workers),
    metavar="N",
    show_default="one per core, at most 4",
    help="Processes.",
)
@json_option
@click.pass_obj
def demo(settings: Settings, out: Path, size: str | None, workers: int | None, as_json: bool) -> None:
    """See the main job done in small, in minutes.

    Nine intermediates and none, six targets, five languages: what helps where?

    It writes the data of a small constructed world, takes the encoder and the intermediate adapters that come with the
    package, trains target adapters on top of them, and scores all in languages they were not trained in. It opens no
    connection. Stop it at any time and run it again: nothing is done twice. It works in a folder of its own, and --zoo,
    --peer, --data and --cache count for nothing.
    """
    from functools import partial

    from madx_stilts.cli.grid_outcome import failure_of, print_outcome
    from madx_stilts.cli.grid_progress import watching
    from madx_stilts.cli.grid_scores import print_results
    from madx_stilts.cli.telling import say
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.demo.data import ensure_data
    from madx_stilts.report.write import as_json as facts_of
    from madx_stilts.report.write import write_report

    usual = Settings()
    if any(getattr(settings, name) != getattr(usual, name) for name in PLACES):
        say(settings, f"The demo works in {out} alone: --zoo, --peer, --data and --cache count for nothing.")
    ensure_data(out / "data", say=lambda line: say(settings, line))
    here = replace(settings, zoo=out / "zoo", data=(out / "data",), cache=out / "cache", offline=True, peers=())
    experiment = workspace(here).grid(GRID, changes=CHANGES[size or "usual"])
    grid = experiment.grid
    say(
        settings,
        f"{grid.description}: none and {len(grid.intermediates) - 1} intermediates, {len(grid.targets)} targets, "
        f"{len(grid.seeds)} {'seed' if len(grid.seeds) == 1 else 'seeds'}.",
    )
    outcome = experiment.run(engine="processes", workers=workers, watch=partial(watching, settings))
    results = experiment.results()
    files = write_report(results, out / "report")
    if as_json:
        echo(json.dumps(facts_of(results)))
    else:
        print_results(results)
        print_outcome(outcome)
        echo(f"\nThe page with all figures: {files['page']}")
        echo(f"The adapters: madx-stilts --zoo {out / 'zoo'} zoo list\n\n{NEXT}")
    if not outcome.ended_well:
        raise failure_of(outcome)
