"""From options to the things that work: data place, backbone, workshop. Importing this module loads torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.places import data_place
from madx_stilts.cli.progress import listeners
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import say
from madx_stilts.cli.zoos import open_zoo, open_zoo_to_write, require_known, require_name
from madx_stilts.config import AdapterConfig, load
from madx_stilts.data.shelf import Shelf
from madx_stilts.formats import FORMATS
from madx_stilts.nets.backbone import Backbone, Precision, load_backbone
from madx_stilts.run.backbones import origin_of
from madx_stilts.run.crew import device_named
from madx_stilts.tasks.task import FormatName
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


def take_order(
    settings: Settings, options: CommonOptions, format_name: FormatName, references: Sequence[str] = ()
) -> Order:
    """Check what can be checked at once, then load the backbone.

    Args:
        references: Adapters that the training needs, as they were written.

    Raises:
        MadxStiltsError: The config has faults, an adapter is not known, the device or backbone cannot be used.
    """
    config = adapter_config(options, format_name)
    require_known(open_zoo(settings), references)
    require_name(options.name)
    trained: list[str] = []
    shop = open_workshop(settings, options, precision=config.train.precision, trained=trained)
    return Order(
        Wish(config=config, limit=options.limit, seed=options.seed, name=options.name), shop, trained, options.backbone
    )


def open_backbone(settings: Settings, options: CommonOptions, *, precision: Precision = "fp32") -> Backbone:
    """Load the backbone that was asked for.

    Raises:
        BackboneError: It cannot be loaded.
        UsageError: It is neither a known name nor a folder nor a name on the hub, or the device is not there.
    """
    origin, device = origin_of(options.backbone), device_named(options.device)
    say(settings, f"Loading the backbone {origin.name}, in {precision} on {device}.")
    return load_backbone(
        origin.name,
        origin.source,
        precision=precision,
        device=device,
        revision=origin.revision,
        offline=settings.offline,
    )


def adapter_config(options: CommonOptions, format_name: FormatName) -> AdapterConfig:
    """Method and settings, from the config file and the options over it.

    Raises:
        ConfigError: They have faults.
    """
    changes: dict[str, object] = {
        "train.epochs": options.epochs,
        "train.max_steps": options.max_steps,
        "train.batch_size": options.batch_size,
        "train.accumulate": options.accumulate,
        "train.learning_rate": options.learning_rate,
        "train.max_tokens": options.max_tokens,
        "train.precision": options.precision,
    }
    config = load(options.config, AdapterConfig, kind="adapters", overrides=options.overrides, options=changes)
    settings = config.train
    if "max_tokens" not in settings.model_fields_set:
        settings = settings.model_copy(update={"max_tokens": FORMATS[format_name].max_tokens})
    if options.epochs is not None and options.max_steps is None and not _sets_steps(options):
        # Who asks for epochs gets them, also over a config that bounds the steps.
        settings = settings.model_copy(update={"max_steps": None})
    return config.model_copy(update={"train": settings})


def _sets_steps(options: CommonOptions) -> bool:
    return any(override.startswith("train.max_steps=") for override in options.overrides)


def open_workshop(settings: Settings, options: CommonOptions, *, precision: Precision, trained: list[str]) -> Workshop:
    """Everything that training needs.

    Args:
        trained: Each training adds its name here when it begins.
    """
    hearing: list[Callable[[], Listener]] = [partial(_Witness, trained), *listeners(settings)]
    if options.tracker is not None:
        hearing.append(partial(Tracker, options.tracker, Path.cwd() / "logs"))
    return Workshop(
        backbone=open_backbone(settings, options, precision=precision),
        zoo=open_zoo_to_write(settings),
        place=data_place(settings),
        cache=settings.encodings,
        listeners=hearing,
        checkpoint_every=options.checkpoint_every,
        recompute=options.recompute == "layers",
        trunk_cache=Shelf(settings.trunks, options.trunk_cache) if options.trunk_cache else None,
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
