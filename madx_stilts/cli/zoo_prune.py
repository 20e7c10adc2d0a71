"""`madx-stilts zoo prune`: remove adapters that nobody needs any more."""

import json

import click

from madx_stilts.bounds import Days
from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.ranges import within
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import UsageError


@click.command(cls=Command)
@click.option(
    "--older-than",
    cls=Option,
    metavar="DAYS",
    type=within(Days),
    help="Remove what was made longer ago; 0 is everything.",
)
@click.option("--grid", cls=Option, metavar="CONFIG", help="Remove what `madx-stilts grid run CONFIG` trained.")
@click.option("--yes", cls=Option, is_flag=True, help="Do it; without this, it is only told.")
@json_option
@click.pass_obj
def prune(settings: Settings, older_than: float | None, grid: str | None, yes: bool, as_json: bool) -> None:
    """Remove adapters; tells first what would go.

    With --older-than and --grid, only what both name goes. What was published stays, and all that an adapter that stays
    stands on or started from. Only the zoo of --zoo is changed. Do not prune while something is trained on what goes.
    """
    from madx_stilts.cli.zoos import open_zoo
    from madx_stilts.zoo import prune as pruning

    if older_than is None and grid is None:
        raise UsageError("It is not said what is to go.", hint="Add --older-than DAYS or --grid CONFIG.")
    wanted = pruning.older_than(settings.zoo, older_than or 0)
    plan = pruning.plan_pruning(settings.zoo, wanted if grid is None else wanted & _trained_by(settings, grid))
    size = pruning.bytes_of(settings.zoo, plan.going)
    zoo = open_zoo(settings)
    names = {card.id: ", ".join(map(str, zoo.refs_of(card.id))) or card.name for card in plan.going}
    gone = pruning.prune(settings.zoo, plan) if yes else []
    if as_json:
        kept = [{"id": one.card.id, "reason": one.reason} for one in plan.kept]
        echo(json.dumps({"going": list(names), "removed": gone, "bytes": size, "kept": kept}))
        return
    for one in plan.kept:
        echo(f"stays: {one.card.name}, because it {one.reason}")
    for id, text in names.items():
        echo(f"{'removed' if id in gone else 'would go'}: {text}")
    count = f"{len(names)} adapter{'' if len(names) == 1 else 's'}, {size / 1e6:,.1f} MB"
    echo(f"{count}." if yes or not names else f"{count}. Nothing is removed yet: add --yes to do it.")


def _trained_by(settings: Settings, grid: str) -> set[str]:
    """Ids of the adapters that a grid trained, as its records tell."""
    from madx_stilts.cli.grids import planned
    from madx_stilts.grid.records import Records

    found = map(Records(settings.zoo).get, planned(settings, grid, ()).jobs)
    return {record.adapter for record in found if record is not None and record.adapter is not None}
