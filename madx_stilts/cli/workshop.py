"""From options to the things that work: data place, backbone, workshop. Importing this module loads torch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.places import data_place
from madx_stilts.cli.progress import listeners
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note, say
from madx_stilts.cli.zoos import open_zoo_to_write
from madx_stilts.config import AdapterConfig
from madx_stilts.data.shelf import Shelf
from madx_stilts.nets.backbone import Backbone, Precision, load_backbone
from madx_stilts.run.backbones import extent_in, origin_of
from madx_stilts.run.crew import device_named
from madx_stilts.train.job import Workshop
from madx_stilts.train.listen import Listener, Quiet, Tracker
from madx_stilts.train.roles import Wish


@dataclass(frozen=True)
class Order:
    """What a training command begins with.

    Args:
        wish: What every training is asked for; languages and other adapters are still open.
        shop: What trainings share.
        trained: Names of the trainings that were begun, in order; none were if the zoo had all.
        backbone: The backbone as it was named.
    """

    wish: Wish
    shop: Workshop
    trained: list[str]
    backbone: str


def take_order(settings: Settings, options: CommonOptions, config: AdapterConfig) -> Order:
    """Load the backbone.

    Args:
        config: As `checks.checked_config` gives it.

    Raises:
        MadxStiltsError: The device or backbone cannot be used.
    """
    trained: list[str] = []
    shop = open_workshop(settings, options, config, trained=trained)
    return Order(
        Wish(config=config, limit=options.limit, seed=options.seed, name=options.name), shop, trained, options.backbone
    )


def open_backbone(
    settings: Settings, options: CommonOptions, *, precision: Precision = "fp32", wanted: AdapterConfig | None = None
) -> Backbone:
    """Load the backbone that was asked for.

    Args:
        wanted: What is to be trained on it; None: nothing.

    Raises:
        BackboneError: It cannot be loaded.
        UsageError: It is neither a known name nor a folder nor a name on the hub, or the device is not there, or it
            has no room for what is wanted.
    """
    origin, device = origin_of(options.backbone), device_named(options.device)
    folder = origin.located(offline=settings.offline, say=note)
    if wanted is not None:
        extent_in(folder, origin.name).require(wanted.method, wanted.train)
    cached = "" if origin.folder else f", from the hub's cache at commit {folder.name[:8]}"
    say(settings, f"Loading the backbone {origin.name}, in {precision} on {device}{cached}.")
    return load_backbone(origin.name, folder, precision=precision, device=device)


def open_workshop(settings: Settings, options: CommonOptions, config: AdapterConfig, *, trained: list[str]) -> Workshop:
    """Everything that training needs.

    Args:
        config: What is to be trained.
        trained: Each training adds its name here when it begins.
    """
    hearing: list[Callable[[], Listener]] = [partial(_Witness, trained), *listeners(settings)]
    if options.tracker is not None:
        hearing.append(partial(Tracker, options.tracker, Path.cwd() / "logs"))
    return Workshop(
        backbone=open_backbone(settings, options, precision=config.train.precision, wanted=config),
        zoo=open_zoo_to_write(settings),
        place=data_place(settings),
        cache=settings.encodings,
        listeners=hearing,
        checkpoint_every=options.checkpoint_every,
        recompute=options.recompute == "layers",
        trunk_cache=Shelf(settings.trunks, options.trunk_cache) if options.trunk_cache else None,
        replace_imported=options.replace_imported,
        tell=partial(say, settings),
    )


def precision_of(options: CommonOptions) -> Precision:
    """The precision that was chosen; fp32 if none was."""
    return next((known for known in get_args(Precision) if known == options.precision), "fp32")


class _Witness(Quiet):
    """Notes which trainings begin."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def started(self, name: str, done: int, steps: int) -> None:
        self.seen.append(name)
