"""`madx-stilts zoo pull` and `import`: adapters taken from others."""

from pathlib import Path

import click

from madx_stilts.cli.command import Command
from madx_stilts.cli.giving_options import TAKING
from madx_stilts.cli.options import json_option
from madx_stilts.cli.settings import Settings


@click.command(cls=Command)
@click.argument("source")
@TAKING
@json_option
@click.pass_obj
def pull(settings: Settings, source: str, as_json: bool) -> None:
    """Fetch adapters from the hub into the zoo.

    SOURCE is hub:owner/name or hub:owner/name@revision. Every file is compared with its card, and what the adapter
    stands on comes with it. An adapter without our card, such as AdapterHub's, is tried on --backbone first; its card
    then says what is known of it. Only tensors are read, never code.

    \b
      madx-stilts zoo pull hub:me/xnli-mnli@v1
      madx-stilts zoo pull hub:AdapterHub/xlm-roberta-base-de-wiki_pfeiffer --backbone xlmr-base
    """
    from madx_stilts.cli.taking import from_hub, print_taken, require_possible
    from madx_stilts.cli.zoos import open_zoo_to_write
    from madx_stilts.hub.address import Address

    address, given = Address.parse(source), TAKING.chosen()
    require_possible(given)
    zoo = open_zoo_to_write(settings)
    refs = from_hub(settings, zoo, address, given)
    print_taken(zoo, refs, as_json=as_json)


@click.command("import", cls=Command)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@TAKING
@json_option
@click.pass_obj
def import_folder(settings: Settings, folder: Path, as_json: bool) -> None:
    """Take adapters from a folder into the zoo.

    FOLDER is one that `madx-stilts zoo export` wrote, or the `adapters` library; what holds for `madx-stilts zoo pull`
    holds here too.
    """
    from madx_stilts.cli.taking import from_folder, print_taken, require_possible
    from madx_stilts.cli.zoos import open_zoo_to_write

    given = TAKING.chosen()
    require_possible(given)
    zoo = open_zoo_to_write(settings)
    refs = from_folder(settings, zoo, folder, given)
    print_taken(zoo, refs, as_json=as_json)
