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
    from madx_stilts.api.checks import require_pullable
    from madx_stilts.cli.taking import print_taken, pull_options
    from madx_stilts.hub.address import Address

    address = Address.parse(source)
    places, how = pull_options(settings, TAKING.chosen())
    require_pullable(places, how)

    from madx_stilts.api.sharing import pull_from_hub

    print_taken(places.zoo, pull_from_hub(places, address, how), as_json=as_json)


@click.command("import", cls=Command)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@TAKING
@json_option
@click.pass_obj
def import_from(settings: Settings, folder: Path, as_json: bool) -> None:
    """Take adapters from a folder into the zoo.

    FOLDER is one that `madx-stilts zoo export` wrote, or the `adapters` library; what holds for `madx-stilts zoo pull`
    holds here too.
    """
    from madx_stilts.api.checks import require_pullable
    from madx_stilts.cli.taking import print_taken, pull_options

    places, how = pull_options(settings, TAKING.chosen())
    require_pullable(places, how)

    from madx_stilts.api.sharing import import_folder

    print_taken(places.zoo, import_folder(places, folder, how), as_json=as_json)
