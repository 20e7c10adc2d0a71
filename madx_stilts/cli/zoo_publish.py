"""`madx-stilts zoo publish` and `export`: adapters given to others."""

import json
from functools import partial
from pathlib import Path

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.giving_options import EXPORTING, PUBLISHING
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import UsageError


@click.command(cls=Command)
@click.argument("reference", required=False)
@PUBLISHING
@click.option("--all", "everything", cls=Option, is_flag=True, help="Publish all adapters of the zoo, and a list.")
@click.option("--private", cls=Option, is_flag=True, help="Show what is made on the hub to its owner only.")
@click.option("--create-pr", cls=Option, is_flag=True, help="Only propose it, as a pull request.")
@click.option("--dry-run", cls=Option, is_flag=True, help="Show all that would be sent; open no connection.")
@json_option
@click.pass_obj
def publish(
    settings: Settings,
    reference: str | None,
    everything: bool,
    private: bool,
    create_pr: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Publish an adapter, a whole stack or all adapters.

    [REFERENCE] is role/name or role/name@version. Its lineage goes with it. What is there already with equal checksums
    is not sent again. Plain `adapters` loads what is published. --to DIR copies into another zoo instead, which a group
    may share (see --peer).

    The hub takes the token from HF_TOKEN or `hf auth login`.

    \b
      madx-stilts zoo publish target/xnli+mnli --to hub:me/xnli-mnli --dry-run
      madx-stilts zoo publish --stack intermediate/mnli,target/xnli+mnli --to hub:me/xnli-stack
      madx-stilts zoo publish --all --to hub:me/my-grid --private
    """
    from madx_stilts.cli.picking import chosen
    from madx_stilts.cli.zoos import open_zoo, open_zoo_to_write
    from madx_stilts.hub.address import HUB, Address
    from madx_stilts.hub.results import read_results

    given, zoo = PUBLISHING.chosen(), (open_zoo if dry_run else open_zoo_to_write)(settings).snapshot()
    picked = chosen(zoo, settings.zoo, reference, given.stack, everything=everything)
    if given.destination is None:
        raise UsageError("No place is named.", hint="Add --to hub:owner/name, or --to DIR for another zoo.")
    to_hub = given.destination.startswith(HUB)
    at = f"@{given.revision}" if given.revision else ""
    address = Address.parse(given.destination + at) if to_hub else None
    read_results(given.scores)

    from madx_stilts.api.options import PublishOptions
    from madx_stilts.api.sharing import publish_to_hub
    from madx_stilts.cli.giving import copy_all, print_publication, publication_facts
    from madx_stilts.cli.workspace import workspace

    if address is None:
        copied = copy_all(zoo, picked.refs, Path(given.destination), dry_run=dry_run)
        echo(json.dumps(copied) if as_json else "\n".join(f"{row['ref']}: {row['done']}" for row in copied))
        return
    how = PublishOptions(address.revision, private, create_pr, dry_run, given.base_model, given.scores)
    show = None if as_json else partial(print_publication, dry_run=dry_run)
    made = publish_to_hub(workspace(settings).places, picked, address, how, show)
    if as_json:
        echo(json.dumps([publication_facts(one, dry_run=dry_run) for one in made]))


@click.command("export", cls=Command)
@click.argument("reference")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@EXPORTING
@json_option
@click.pass_obj
def export(settings: Settings, reference: str, folder: Path, as_json: bool) -> None:
    """Write an adapter into a folder, as it would be published.

    REFERENCE is role/name or role/name@version, or several, separated by commas, for a whole stack. FOLDER is made; it
    holds the lineage too. `madx-stilts zoo import` reads it on another machine, and plain `adapters` loads it.
    """
    from madx_stilts.cli.zoos import open_zoo, require_known, stack_references
    from madx_stilts.hub.results import read_results

    zoo, given = open_zoo(settings).snapshot(), EXPORTING.chosen()
    require_known(zoo, stack_references(reference))
    read_results(given.scores)

    from madx_stilts.cli.giving import write_out

    files = write_out(zoo, reference, folder, given)
    if as_json:
        echo(json.dumps({"folder": str(folder), "files": files}))
        return
    echo(f"{len(files)} files in {folder}")
