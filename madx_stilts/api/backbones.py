"""The frozen model of a workspace. Importing this module loads torch."""

from collections.abc import Sequence

from madx_stilts.api.options import Precision
from madx_stilts.api.places import Places
from madx_stilts.config import AdapterConfig
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.resolve import resolve_method, resolve_train
from madx_stilts.run.backbones import extent_in, origin_of
from madx_stilts.run.crew import device_named
from madx_stilts.tasks.task import Task


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
        method, train = resolve_method(wanted.method, tasks), resolve_train(wanted.train, tasks)
        extent_in(folder, origin.name).require(method, train)
    cached = "" if origin.folder else f", from the hub's cache at commit {folder.name[:8]}"
    places.say(f"Loading the backbone {origin.name}, in {precision} on {device}{cached}.")
    return load_backbone(origin.name, folder, precision=precision, device=device)
