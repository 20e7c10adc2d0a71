"""Checks before torch is imported: a typing error costs a second, not ten. No torch."""

import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Literal

from huggingface_hub import constants

from madx_stilts.api.config import Places
from madx_stilts.api.options import PullOptions
from madx_stilts.config import AdapterConfig
from madx_stilts.data.read import find_all
from madx_stilts.data.sources import DataSources
from madx_stilts.data.text import is_parallel, require_source
from madx_stilts.errors import UnknownName, UsageError, brief
from madx_stilts.recipe import COMPOSABLE, why_alone, why_not_translated, why_only_lowest
from madx_stilts.resolve import resolve_method, resolve_train
from madx_stilts.run.backbones import extent_of, origin_of
from madx_stilts.stack import Role, require_name
from madx_stilts.tasks.task import Split, Task

_DEVICES = frozenset({"cpu", "cuda", "mps", "xpu", "hpu", "xla", "ipu", "mtia", "maia", "npu", "privateuseone"})
"""The kinds that torch knows, or that extensions of it add."""
_TRACKERS = {
    **{name: (name,) for name in ("aim", "clearml", "comet_ml", "dvclive", "mlflow", "swanlab", "trackio", "wandb")},
    "tensorboard": ("tensorboard", "tensorboardX"),
}
"""What accelerate can send values to (`accelerate.utils.LoggerType`), and the packages of which it needs one."""


def require_room(places: Places, config: AdapterConfig, tasks: Sequence[Task]) -> None:
    """Refuse a backbone and a device that cannot be, or that have no room for a training, as far as can be seen.

    Args:
        tasks: What is trained on, `MASKED_LM` for text.

    Raises:
        UsageError: There is no such backbone or device, or one whose config is on this machine has no room.
        BackboneError: The config is damaged.
    """
    require_backbone(places.backbone, places.device, config.train.precision)
    method, train = resolve_method(config.method, tasks), resolve_train(config.train, tasks)
    extent_of(places.backbone, offline=True).require(method, train)


def require_composable(config: AdapterConfig, *, alone: bool) -> None:
    """Refuse a kind of adapter that cannot be stacked.

    Args:
        alone: Whether nothing is to stand below it.

    Raises:
        UsageError: The kind does not compose.
    """
    if alone:
        return
    if config.method.kind not in COMPOSABLE:
        hint = "Use one of these, or train it without anything below."
        raise UsageError(why_alone(config.method.kind), hint=hint)
    if reason := why_only_lowest(config.method.kind):
        raise UsageError(reason, hint="Use another kind, or train it without anything below.")


def require_no_translations(config: AdapterConfig) -> None:
    """Refuse settings for a task that have an effect on language adapters alone.

    Raises:
        UsageError: There are such.
    """
    if reason := why_not_translated(config.train):
        raise UsageError(f"A task cannot be trained so: {reason}.", hint="Leave out train.translations.")


def require_translations(config: AdapterConfig, text: str, language: str) -> None:
    """Refuse text without translations where training needs them.

    Args:
        text: The source of the text.

    Raises:
        UsageError: It has none.
    """
    if config.train.translations is not None and not is_parallel(text, language):
        raise UsageError(
            f"train.translations needs a translation of each text, and {text} has none.",
            hint="Give parallel text (a .tsv file, a text and its translation per line), or leave it out.",
        )


def require_tracker(name: str | None) -> None:
    """Refuse a tracker that accelerate does not know, or that is not installed.

    Raises:
        UsageError: It is so.
    """
    if name is None or name == "all":
        return
    if name not in _TRACKERS:
        raise UnknownName("tracker", name, _TRACKERS)
    if not any(map(find_spec, _TRACKERS[name])):
        raise UsageError(f"The tracker {name!r} is not installed.", hint=f"Try `pip install {_TRACKERS[name][0]}`.")


def require_layer(backbone: str, layer: int | Literal["auto"] | None, task: Task) -> None:
    """Refuse a layer that the backbone lacks, as far as its config is on this machine.

    Raises:
        UsageError: There is no such layer, or the best is wanted and the task has no dev data to find it with.
        BackboneError: The config is damaged.
    """
    if layer == "auto" and "dev" not in task.splits:
        raise UsageError(f"{task.name} has no dev split to choose the layer by.", hint="Name a layer, such as 8.")
    if isinstance(layer, int):
        extent_of(backbone, offline=True).require_layer(layer)


def require_backbone(backbone: str, device: str, precision: str | None = None) -> None:
    """Refuse a backbone or a device that cannot be.

    Args:
        precision: What is computed in; None: it does not matter.

    Raises:
        UsageError: The backbone is neither a known name nor a folder nor a name on the hub, torch names no device so,
            or it cannot compute in this precision. Whether the device is there, only torch knows.
    """
    origin_of(backbone)
    require_device(device)
    if precision == "fp16" and device.partition(":")[0] == "cpu":
        raise UsageError("fp16 needs a GPU.", hint="On a CPU use fp32 or bf16.")


def require_device(name: str) -> None:
    """Refuse what is no name of a device.

    Raises:
        UsageError: Torch names no device so.
    """
    kind, colon, number = name.partition(":")
    if name == "auto" or (kind in _DEVICES and (not colon or re.fullmatch(r"[0-9]{1,2}", number))):
        return
    hint = "Give cpu, cuda, cuda:1, ..., or auto, which takes a GPU if there is one."
    raise UsageError(f"There is no device {brief(name, 60)!r}.", hint=hint)


def require_data(place: DataSources, wanted: Iterable[tuple[Task, Split, str]]) -> None:
    """Refuse data that are not here, where nothing can be downloaded.

    Args:
        wanted: Tasks with a split and a language of each.

    Raises:
        DataError: Files are missing, and work is offline; else it is found out when they are read.
    """
    if place.offline or constants.HF_HUB_OFFLINE:
        for task, split, language in wanted:
            find_all(task, language, split, place=place)


def require_training_data(place: DataSources, tasks: Iterable[Task], language: str | None) -> None:
    """Refuse a language that a task has no training data in, and data that are not here though work is offline.

    Args:
        language: The one that was asked for; None: the task's source language.

    Raises:
        UsageError: There are none; the hint lists the languages there are.
        DataError: Files are missing, and work is offline.
    """
    wanted = [(task, language or task.source_language) for task in tasks if "train" in task.splits]
    for task, code in wanted:
        if not task.union_of:
            task.places("train", code)
    require_data(place, ((task, "train", code) for task, code in wanted))


def require_texts(texts: Iterable[tuple[str, str]]) -> None:
    """Refuse plain text that is not here.

    Args:
        texts: Language and source of each.

    Raises:
        UsageError: A source is neither a text file nor the name of a data set.
        DataError: There is no such file.
    """
    for language, source in texts:
        require_source(source, language)


def require_pullable(places: Places, options: PullOptions) -> None:
    """Refuse what no adapter could be, before any is fetched.

    Raises:
        UsageError: There is no such role, backbone or device, or no adapter can have that name.
    """
    if options.role is not None:
        Role.parse(options.role)
    if options.name is not None:
        require_name(options.name)
    require_device(places.device)
    if places.backbone:
        require_backbone(places.backbone, places.device)
