"""Data folders of the options, and the caveat of data that are not real. No torch."""

from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.data.sources import DataSources
from madx_stilts.tasks.world import ConstructedWorld


def data_place(settings: Settings) -> DataSources:
    """Where data sets are looked up."""
    return DataSources(settings.data, offline=settings.offline)


def world_facts(world: ConstructedWorld | None) -> dict[str, object]:
    """What every JSON document says of the data it is made from; `world` is null where they are real."""
    return {"world": None if world is None else world.facts}


def print_caveat(world: ConstructedWorld | None) -> None:
    """Tell below a table or a page that its data are those of a constructed world, if they are."""
    if world is not None:
        echo(f"\n{world.caveat}")
