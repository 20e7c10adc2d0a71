"""`madx-stilts zoo`: the adapters that are kept."""

import json

import click

from madx_stilts.cli.command import Group
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.zoo_diff import diff
from madx_stilts.cli.zoo_prune import prune
from madx_stilts.cli.zoo_publish import export, publish
from madx_stilts.cli.zoo_pull import import_from, pull
from madx_stilts.errors import AdapterError


@click.group(cls=Group)
def zoo() -> None:
    """List, explain, verify, share and remove adapters."""


@zoo.command("list")
@json_option
@click.pass_obj
def list_adapters(settings: Settings, as_json: bool) -> None:
    """Adapters, yours and the shipped ones, with dev scores.

    If one is damaged, the others are listed, and the exit code is 3.
    """
    from madx_stilts.cli.zoos import entry_facts, open_zoo, print_entries, shipped_ids, sound_entries

    zoo = open_zoo(settings).snapshot()
    entries, faults = sound_entries(zoo)
    shipped = shipped_ids(zoo, entries)
    if as_json:
        echo(json.dumps([entry_facts(entry, shipped) for entry in entries]))
    else:
        print_entries(settings, entries, faults, shipped=shipped)
    if faults:
        lines = "\n".join(f"  - {fault.message}" for fault in faults)
        raise AdapterError(f"{len(faults)} more cannot be listed:\n{lines}", hint=faults[0].hint)


@zoo.command()
@click.argument("reference")
@json_option
@click.pass_obj
def show(settings: Settings, reference: str, as_json: bool) -> None:
    """One adapter: recipe, lineage, data, scores, cost.

    REFERENCE is role/name or role/name@version, as `madx-stilts zoo list` shows them.
    """
    from madx_stilts.cli import page
    from madx_stilts.cli.adapter_page import adapter_sections
    from madx_stilts.cli.zoos import open_zoo

    zoo = open_zoo(settings).snapshot()
    ref = zoo.find(reference)
    with zoo.holding([ref.id]):
        if as_json:
            card = json.loads(zoo.card(ref.id).to_json())
            refs = [str(known) for known in zoo.refs_of(ref.id)]
            echo(json.dumps({"ref": str(ref), "refs": refs, "folder": str(zoo.folder(ref.id)), **card}))
            return
        sections = adapter_sections(zoo, ref)
    page.show(str(ref), sections)


@zoo.command()
@json_option
@click.pass_obj
def verify(settings: Settings, as_json: bool) -> None:
    """Compare every file with its card.

    Reads every file of every adapter, and the records of grids. If anything is wrong, all of it is listed and the exit
    code is 3. Trainings that were stopped and can be resumed are listed too; they are no fault.
    """
    from madx_stilts.cli.zoos import open_zoo, print_unfinished
    from madx_stilts.grid.records import Records

    zoo = open_zoo(settings)
    faults = [*zoo.verify(), *Records(settings.zoo).damaged()]
    waiting = zoo.unfinished()
    if faults:
        print_unfinished(waiting, err=True)
        lines = "\n".join(f"  - {fault}" for fault in faults)
        count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
        hint = (
            "Train or fetch damaged adapters again; what is wrong with a record, the next `grid run` replaces. "
            "What was left is removed by the next training, import or pruning."
        )
        raise AdapterError(f"The zoo in {settings.zoo} has {count}:\n{lines}", hint=hint)
    adapters = len({ref.id for ref in zoo.references()})
    if as_json:
        stopped = [{"id": one.id, "folder": str(one.folder), "bytes": one.bytes} for one in waiting]
        facts = {"zoo": str(settings.zoo), "adapters": adapters, "faults": [], "unfinished": stopped}
        echo(json.dumps(facts))
        return
    echo(f"{adapters} adapter{'' if adapters == 1 else 's'}, every file as its card says.")
    print_unfinished(waiting, err=False)


for command in (diff, publish, pull, export, import_from, prune):
    zoo.add_command(command)
