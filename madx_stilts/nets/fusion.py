"""Fusion layers in a backbone (AdapterFusion, arXiv 2005.00247): add, load, save, remove, and where they stand.

A fusion layer bears the name of the adapter that was trained above it, so that two targets over the same members each
have their own. In files it bears the names of its members, as in plain `adapters`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import torch
from adapters.composition import Fuse
from adapters.composition import Stack as Composition
from adapters.methods.bottleneck import BottleneckLayer
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from madx_stilts.errors import AdapterError
from madx_stilts.files import told_as_storage
from madx_stilts.nets.backbone import Backbone

CONFIG: Final = "adapter_fusion_config.json"
WEIGHTS: Final = "model_adapter_fusion.safetensors"
_KIND: Final = "dynamic"
"""The library's name of the fusion of the paper: query, key, and a value that begins as the identity."""
_LAYER: Final = "adapter_fusion_layer"


def add_fusion(backbone: Backbone, name: str, members: Sequence[str]) -> None:
    """Add an untrained fusion layer, on the backbone's device, in fp32; it draws from torch's generator.

    Args:
        name: The adapter's that stands above it.
        members: Names in the model of the adapters that it fuses, which have the same layers.
    """
    backbone.model.add_adapter_fusion([*members], config=_KIND, name=name)
    backbone.fusions[name] = tuple(members)
    for layer in _layers(backbone):
        fused = cast(nn.ModuleDict, layer.adapter_fusion_layer)
        if name in fused and not all(member in cast(nn.ModuleDict, layer.adapters) for member in members):
            # adapters 1.3.0 adds one to every layer, also to those that the members leave out.
            del fused[name]
        vars(layer)["compose_fuse"] = _skipping(layer)
    for parameter in fusion_parameters(backbone, name).values():
        parameter.data = parameter.data.to(device=backbone.device, dtype=torch.float32)


def remove_fusion(backbone: Backbone, name: str) -> None:
    """Take a fusion layer out of the model, if it is there; its members stay."""
    if backbone.fusions.pop(name, None) is None:
        return
    backbone.model.delete_adapter_fusion(name)
    backbone.model.adapters_config.fusion_name_map.pop(name, None)  # which adapters 1.3.0 leaves behind
    if not backbone.fusions:
        for layer in _layers(backbone):
            vars(layer).pop("compose_fuse", None)


def composition(backbone: Backbone, names: Sequence[str], *, without: str = "") -> Composition | None:
    """What stands on what, as the library wants it; none for the bare backbone.

    Args:
        names: Bottom to top; the members of a fusion right below the adapter that was trained above it.
        without: The adapter among them that is left out; a fusion goes on with its other members.
    """
    kept = [name for name in names if name != without]
    top = names[-1] if names else ""
    fused = [name for name in kept if name in backbone.fusions.get(top, ())]
    if not fused:
        return Composition(*kept) if kept else None
    below = [name for name in kept if name not in fused and name != top]
    return Composition(*below, Fuse(*fused, name=top), *([top] if top in kept else []))


def fusion_parameters(backbone: Backbone, name: str, part: str = "") -> dict[str, nn.Parameter]:
    """A fusion layer's parameters by their full name in the model.

    Args:
        part: `query`, `key` or `value`; empty: all of them.
    """
    mark = f".{_LAYER}.{name}.{part}"
    return {key: value for key, value in backbone.base.named_parameters() if mark in key}


def of_fusion(parameters: Mapping[str, nn.Parameter], ending: str = "") -> list[nn.Parameter]:
    """Those of some parameters that belong to a fusion layer.

    Args:
        ending: Of their names; `value.weight` takes the value matrices alone.
    """
    return [value for key, value in parameters.items() if f".{_LAYER}." in key and key.endswith(ending)]


def distance(matrices: Sequence[Tensor]) -> Tensor:
    """The sum of the squared distances between square matrices and the identity."""
    each = [(one - torch.eye(len(one), device=one.device, dtype=one.dtype)).pow(2).sum() for one in matrices]
    return torch.stack(each).sum()


def save_fusion(backbone: Backbone, folder: Path, name: str) -> None:
    """Write a fusion layer in the library's own layout, so that plain `adapters` loads it over members of their names.

    Raises:
        StorageError: No space.
    """
    members = backbone.fusions[name]
    public = ",".join(members)
    with told_as_storage(folder):
        folder.mkdir(parents=True)
        backbone.model.save_adapter_fusion(str(folder), name, use_safetensors=True)
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        text = json.dumps(config | {"name": public, "adapter_names": [*members]}, indent=2, sort_keys=True)
        (folder / CONFIG).write_text(text, encoding="utf-8")
        weights = load_file(folder / WEIGHTS)
        public_weights = {_renamed(key, name, public): value for key, value in weights.items()}
        save_file(public_weights, folder / WEIGHTS, metadata={"format": "pt"})


def load_fusion(backbone: Backbone, folder: Path, *, name: str, members: Sequence[str]) -> None:
    """Load a frozen fusion layer from a folder that the zoo has verified.

    Args:
        name: The adapter's that stands above it.
        members: Names in the model of the adapters that it fuses, in the order of its training.

    Raises:
        AdapterError: It is of other members, or does not fit the backbone; nothing stays registered.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        weights = load_file(folder / WEIGHTS)
    except (OSError, ValueError, SafetensorError) as error:
        raise AdapterError(f"The fusion layer in {folder} cannot be read: {error}.", hint=_VERIFY) from error
    if config.get("adapter_names") != [*members]:
        raise AdapterError(f"The fusion layer in {folder} does not fuse {', '.join(members)}.", hint=_VERIFY)
    add_fusion(backbone, name, members)
    fresh = {_renamed(key, name, ",".join(members)): value for key, value in _own(backbone, name)}
    if {key: value.shape for key, value in fresh.items()} != {key: value.shape for key, value in weights.items()}:
        remove_fusion(backbone, name)
        raise AdapterError(f"The fusion layer in {folder} does not fit the backbone.", hint=_VERIFY)
    with torch.no_grad():
        for key, parameter in fresh.items():
            parameter.copy_(weights[key])
            parameter.requires_grad_(False)


_VERIFY = "Check it with `madx-stilts zoo verify`, and that it was trained on this backbone."


def _renamed(key: str, old: str, new: str) -> str:
    return key.replace(f".{_LAYER}.{old}.", f".{_LAYER}.{new}.")


def _own(backbone: Backbone, name: str) -> Iterator[tuple[str, nn.Parameter]]:
    """Its parameters by their name in the whole model, which is that in files."""
    for key, value in backbone.model.named_parameters():
        if f".{_LAYER}.{name}." in key:
            yield key, value


def _layers(backbone: Backbone) -> Iterator[nn.Module]:
    """All places of the model where adapters can stand side by side."""
    return (module for module in backbone.base.modules() if isinstance(module, BottleneckLayer))


def _skipping(layer: nn.Module) -> Callable[..., Any]:
    """The library's fusing, which does nothing in a layer that the members leave out; adapters 1.3.0 fails there."""
    usual: Callable[..., Any] = vars(BottleneckLayer)["compose_fuse"]

    def compose(setup: Fuse, state: Any, lvl: int = 0) -> Any:
        if setup.last() not in cast(nn.ModuleDict, layer.adapters):
            return state
        return usual(layer, setup, state, lvl=lvl)

    return compose
