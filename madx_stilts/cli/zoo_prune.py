"""`madx-stilts zoo prune`: remove adapters that nobody needs any more."""

import json

import click

from madx_stilts.bounds import Days
from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.ranges import within
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note
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

    With --older-than and --grid, only what both name goes. What was published stays, what a training or another command
    uses at this moment, and all that an adapter that stays stands on or started from. Only the zoo of --zoo is changed.
    What is damaged stays too, and is listed.
    """
    from madx_stilts.cli.zoos import open_zoo, open_zoo_to_write
    from madx_stilts.zoo import prune as pruning
    from madx_stilts.zoo.inventory import taken

    if older_than is None and grid is None:
        raise UsageError("It is not said what is to go.", hint="Add --older-than DAYS or --grid CONFIG.")
    stock = taken(settings.zoo)
    wanted = pruning.older_than(settings.zoo, older_than or 0, stock=stock)
    chosen = wanted if grid is None else wanted & _trained_by(settings, grid)
    plan = pruning.plan_pruning(settings.zoo, chosen, stock=stock)
    size, names = pruning.bytes_of(settings.zoo, plan.going), open_zoo(settings).snapshot()
    going = {card.id: ", ".join(map(str, names.refs_of(card.id))) or card.name for card in plan.going}
    stays, gone = list(plan.kept), set[str]()
    if yes:
        gone |= {*pruning.prune(settings.zoo, plan, tell=stays.append)}
        open_zoo_to_write(settings)
    for fault in plan.skipped:
        note(f"Left as it is: {fault}")
    if as_json:
        kept = [{"id": one.card.id, "reason": one.reason} for one in stays]
        skipped = [{"path": str(fault.path), "problem": fault.problem} for fault in plan.skipped]
        removed = [id for id in going if id in gone]
        facts = {"going": list(going), "removed": removed, "bytes": size, "kept": kept, "skipped": skipped}
        echo(json.dumps(facts))
        return
    for one in stays:
        echo(f"stays: {going.get(one.card.id, one.card.name)}, because it {one.reason}")
    for id, text in going.items():
        if id in gone or not yes:
            echo(f"{'removed' if id in gone else 'would go'}: {text}")
    count = f"{len(going)} adapter{'' if len(going) == 1 else 's'}, {size / 1e6:,.1f} MB"
    echo(f"{count}." if yes or not going else f"{count}. Nothing is removed yet: add --yes to do it.")


def _trained_by(settings: Settings, grid: str) -> set[str]:
    """Ids of the adapters that a grid trained, as its records tell."""
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.grid.records import Records

    found = map(Records(settings.zoo).get, workspace(settings).grid(grid).plan().jobs)
    return {record.adapter for record in found if record is not None and record.adapter is not None}
