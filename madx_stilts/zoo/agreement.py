"""Whether an adapter's files are what its card says, before anything is built from them. No torch.

A card names a recipe; configs and weights beside it must be those that this recipe makes. Of an adapter that others
trained, only the method is known: its configs are bounded instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from madx_stilts.card import Card
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import HeadKind
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.zoo import bounds, expected
from madx_stilts.zoo.configs import compare, disagrees, inner_config, outer_config, read_config
from madx_stilts.zoo.finite import not_finite, tensor_places

ADAPTER: Final = ("adapter_config.json", "adapter.safetensors")
HEAD: Final = ("head_config.json", "model_head.safetensors")
FUSION: Final = ("fusion/adapter_fusion_config.json", "fusion/model_adapter_fusion.safetensors")
LOG: Final = "training_log.jsonl"
_MANY_TENSORS: Final = 100
"""For each layer, more than any method has."""


@dataclass(frozen=True)
class _Head:
    """A head that a recipe makes.

    Args:
        folder: Below the adapter's own, with a slash; empty: the same.
        name: Its name in its files.
        task: None: not known to this version.
        labels: Those that the recipe's version of the task has; None: not known.
    """

    folder: str
    name: str
    task: Task | None
    labels: Sequence[str] | None


@dataclass(frozen=True)
class _Weights:
    """A file of weights.

    Args:
        file: Its place.
        name: What its tensors belong to.
        shapes: By the end of a tensor's name, after `name`; None: not known.
    """

    file: str
    name: str
    shapes: Mapping[str, expected.Shape] | None


def weights_of(card: Card) -> dict[str, str]:
    """The sums of an adapter's files of weights. Configs and logs differ between two honest trainings."""
    return {name: value for name, value in card.files.items() if name.endswith(".safetensors")}


def check_names(card: Card) -> None:
    """The files on a card are those that its recipe makes.

    Raises:
        AdapterError: One is missing, or there is one that no such adapter has.
    """
    heads = {head.folder + name for head in _heads(card) for name in HEAD}
    needed = {*ADAPTER, *(FUSION if card.recipe.fusion else ()), *(heads if card.foreign is None else ())}
    for name in sorted(needed - card.files.keys()):
        raise disagrees(card, name, "it is missing")
    for name in sorted(card.files.keys() - needed - heads - {LOG}):
        raise disagrees(card, name, "an adapter of its recipe has no such file")


def check_configs(card: Card, folder: Path) -> None:
    """The configs in a folder are those of the recipe on the card, and name no size that is not in it.

    Raises:
        AdapterError: They disagree, or cannot be read.
    """
    for _ in _checked(card, folder):
        pass


def check_weights(card: Card, folder: Path) -> None:
    """Configs agree; tensors have the names and shapes that the recipe gives them, and their numbers are finite.

    Raises:
        AdapterError: They do not, or cannot be read.
    """
    for weights in _checked(card, folder):
        _check_tensors(card, folder, weights)
        if (name := not_finite(folder / weights.file)) is not None:
            raise disagrees(card, weights.file, f"{name} has numbers that are not finite")


def _heads(card: Card) -> list[_Head]:
    """The heads of an adapter: that of the only task lies beside it, one of several in a folder of its own."""
    parts = {part.task: part for part in card.recipe.parts if part.task != MASKED_LM.name}
    found = []
    for name, part in parts.items():
        task = TASKS.get(name)
        known = task is not None and part.version == task.version and not task.label_file
        labels = task.labels if task is not None and known else None
        alone = len(parts) == 1
        inner = card.name if alone else f"{name}__{card.name}"
        found.append(_Head("" if alone else f"heads/{name}/", inner, task, labels))
    return found


def _checked(card: Card, folder: Path) -> Iterator[_Weights]:
    """The files of weights, each after its config was found to agree with the card."""
    ours, hidden = card.foreign is None, card.backbone.hidden_size
    _check_adapter(card, folder)
    yield _Weights(ADAPTER[1], card.name, expected.adapter_tensors(card.recipe.method, hidden) if ours else None)
    for head in _heads(card):
        if head.folder + HEAD[0] in card.files:
            kind, labels = _check_head(card, head, folder)
            shapes = expected.head_tensors(kind, len(labels), hidden) if ours else None
            yield _Weights(head.folder + HEAD[1], head.name, shapes)
    if card.recipe.fusion is not None:
        public = _check_fusion(card, folder)
        yield _Weights(FUSION[1], public, expected.fusion_tensors(hidden))


def _check_adapter(card: Card, folder: Path) -> None:
    inner = read_config(card, folder, ADAPTER[0], card.name)
    wanted = expected.adapter_config(card.recipe.method)
    if card.foreign is None:
        compare(card, ADAPTER[0], inner, wanted)
        return
    for fault in bounds.adapter_faults(inner):
        raise disagrees(card, ADAPTER[0], fault)
    decisive = ("mh_adapter", "output_adapter", "is_parallel", "phm_layer", "reduction_factor")
    chosen = {key: inner[key] for key in decisive if key in inner} | {"leave_out": inner.get("leave_out") or []}
    compare(card, ADAPTER[0], chosen, {key: wanted.get(key) for key in chosen})
    if bool(inner.get("inv_adapter")) != bool(wanted.get("inv_adapter")):
        raise disagrees(card, ADAPTER[0], f"inv_adapter is {bounds.shown(inner.get('inv_adapter'))}")


def _check_head(card: Card, head: _Head, folder: Path) -> tuple[HeadKind, Sequence[str]]:
    """What a head answers, and with which labels."""
    file = head.folder + HEAD[0]
    inner = read_config(card, folder, file, head.name)
    kind = next((one for one in expected.HEAD_KINDS if one == inner.get("head_type")), None)
    if kind is None or (head.task is not None and kind != FORMATS[head.task.format].head):
        raise disagrees(card, file, f"head_type is {bounds.shown(inner.get('head_type'))}")
    labels = inner.get("label2id")
    if not isinstance(labels, dict) or not bounds.are_labels(labels):
        raise disagrees(card, file, "its labels are not numbered from 0, each once")
    named = sorted(labels, key=lambda label: int(labels[label]))
    if card.foreign is None:
        compare(card, file, inner, expected.head_config(kind, head.labels if head.labels is not None else named))
    for fault in bounds.head_faults(inner, kind):
        raise disagrees(card, file, fault)
    return kind, named


def _check_fusion(card: Card, folder: Path) -> str:
    """The name of a fusion layer in its files: those of its members, joined."""
    file = FUSION[0]
    outer = outer_config(card, folder, file)
    names = outer.pop("adapter_names", None)
    ends = [f"-{member[:8]}" for member in card.recipe.fused]
    if not isinstance(names, list) or len(names) != len(ends):
        raise disagrees(card, file, f"adapter_names is {bounds.shown(names)}")
    for name, end in zip(names, ends, strict=True):
        if not isinstance(name, str) or not name.endswith(end):
            raise disagrees(card, file, f"it fuses {bounds.shown(name)}, and its recipe an adapter {end[1:]}")
    compare(card, file, inner_config(card, file, outer, ",".join(names)), expected.FUSION)
    return ",".join(names)


def _check_tensors(card: Card, folder: Path, weights: _Weights) -> None:
    places = tensor_places(folder / weights.file)
    if not 0 < len(places) <= _MANY_TENSORS * card.backbone.layers:
        raise disagrees(card, weights.file, f"it has {len(places):,} tensors")
    for place in places:
        _, mark, end = place.name.partition(f".{weights.name}.")
        if not mark:
            raise disagrees(card, weights.file, f"{place.name[:200]!r} is no tensor of {weights.name}")
        if weights.shapes is None:
            continue
        shape = weights.shapes.get(end)
        fits = shape is not None and len(shape) == len(place.shape)
        if shape is None or not fits or any(a not in (None, b) for a, b in zip(shape, place.shape, strict=True)):
            reason = (
                f"{place.name[:200]!r} has the shape {bounds.shown(place.shape)}, expected {shape or 'no such tensor'}"
            )
            raise disagrees(card, weights.file, reason)
