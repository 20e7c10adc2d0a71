"""The frozen model of a workspace, kept from one piece of work to the next. Importing this module loads torch."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging

from madx_stilts.api.config import Places
from madx_stilts.api.options import Precision
from madx_stilts.config import AdapterConfig
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.stacking import remove
from madx_stilts.positions import ModelLimits
from madx_stilts.resolve import resolve_method, resolve_train
from madx_stilts.run.backbones import extent_in, origin_of
from madx_stilts.run.worker_context import device_named
from madx_stilts.tasks.task import Task


@contextmanager
def backbone_for(
    places: Places, precision: Precision, wanted: AdapterConfig | None = None, tasks: Sequence[Task] = ()
) -> Iterator[Backbone]:
    """The backbone of a workspace, without adapters, for one piece of work; see `open_backbone`.

    It stays loaded for the next, unless the work fails: what that left in it is not known.
    """
    with quiet_libraries():
        backbone = places.loaded.pop(precision, None)
        places.loaded.clear()  # another precision is another copy, and there may be no room for two
        if backbone is None:
            backbone = open_backbone(places, precision, wanted, tasks)
        elif wanted is not None:
            _require_room(backbone.extent, wanted, tasks)
        yield backbone
        for name in list(backbone.attached.values()):
            remove(backbone, name)
        places.loaded[precision] = backbone


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep back the warnings of `transformers` and `adapters`.

    They are of weights that are new and of adapters that are not active, both on purpose; preflight checks them.
    """
    adapters, before = logging.getLogger("adapters"), transformers_logging.get_verbosity()
    level = adapters.level
    adapters.setLevel(logging.ERROR)
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)
        adapters.setLevel(level)


def open_backbone(
    places: Places, precision: Precision = "fp32", wanted: AdapterConfig | None = None, tasks: Sequence[Task] = ()
) -> Backbone:
    """Load the backbone of a workspace.

    Args:
        wanted: What is to be trained on it, if anything.
        tasks: What is trained on.

    Raises:
        BackboneError: It cannot be loaded.
        UsageError: The device is not there, or it has no room for what is wanted.
    """
    origin, device = origin_of(places.backbone), device_named(places.device)
    folder = origin.located(offline=places.data.offline, say=places.note)
    if wanted is not None:
        _require_room(extent_in(folder, origin.name), wanted, tasks)
    cached = "" if origin.folder else f", from the hub's cache at commit {folder.name[:8]}"
    places.say(f"Loading the backbone {origin.name}, in {precision} on {device}{cached}.")
    return load_backbone(origin.name, folder, precision=precision, device=device)


def _require_room(extent: ModelLimits, wanted: AdapterConfig, tasks: Sequence[Task]) -> None:
    extent.require(resolve_method(wanted.method, tasks), resolve_train(wanted.train, tasks))
