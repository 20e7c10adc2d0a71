"""The masked language modelling head that comes with a checkpoint, in every form in which checkpoints are saved.

`adapters` 1.3.0 makes this head of a checkpoint only if its config names the right class, and then loses the output
bias without a word: checkpoints hold the bias once, under the name of the head, and the library looks for it under that
of the decoder. So its tensors are read from the files here.
"""

import hashlib
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from safetensors import safe_open
from torch import Tensor, nn

from madx_stilts.backbone_files import weight_files
from madx_stilts.errors import BackboneError
from madx_stilts.nets.adapter_model import AdapterModel
from madx_stilts.nets.architecture import ANATOMIES, MaskedLm

FRESH: Final = "fresh"
"""What stands in the identity of an adapter for a head that was trained with it."""
_NAME: Final = "default"
_OLD_NAMES: Final = {"weight": "gamma", "bias": "beta"}
"""Of the parameters of a normalisation, in checkpoints that were converted from TensorFlow."""


@dataclass(frozen=True)
class OwnHead:
    """A checkpoint's own masked language modelling head.

    Args:
        name: Its name in the model; None: the checkpoint has none, so that one is trained.
        digest: sha256 over its weights as they are stored; `fresh` where there is none.
        fault: Why it cannot be used, as a clause; empty: it can, or there is none.
    """

    name: str | None = None
    digest: str = FRESH
    fault: str = ""


def add_masked_lm(model: AdapterModel, name: str) -> None:
    """Add an untrained head with the activation that the architecture has; it draws from torch's generator."""
    activation = ANATOMIES[model.config.model_type].masked_lm.activation
    model.add_masked_lm_head(name, activation_function=activation or model.config.hidden_act)


def own_masked_lm(model: AdapterModel, folder: Path) -> OwnHead:
    """Add the head of a checkpoint to the model that was loaded from it, and fill it.

    Raises:
        BackboneError: A file of the checkpoint is damaged.
    """
    names = _names(ANATOMIES[model.config.model_type].masked_lm)
    found = _tensors(folder, names)
    if not found:
        return OwnHead()
    with torch.random.fork_rng():
        add_masked_lm(model, _NAME)
    places = dict(_places(model, model.heads[_NAME]))
    lacking = [written[0] for place, written in names.items() if place in places and place not in found]
    unlike = [names[place][0] for place, tensor in found.items() if place in places and _differs(places[place], tensor)]
    fault = ""
    if lacking:
        fault = f"the checkpoint has a masked language modelling head without {lacking[0]}"
    elif unlike:
        fault = f"{unlike[0]} of the checkpoint's masked language modelling head is of another shape, or not finite"
    if fault:
        model.delete_head(_NAME)
        return OwnHead(fault=fault)
    with torch.no_grad():
        for place, parameter in places.items():
            parameter.copy_(found[place])
    return OwnHead(_NAME, _digest({place: found[place] for place in places}))


def _names(head: MaskedLm) -> dict[str, list[str]]:
    """What each parameter may be called in checkpoints, by its place."""
    norm = {f"norm.{name}": [f"{head.norm}.{name}", f"{head.norm}.{old}"] for name, old in _OLD_NAMES.items()}
    return {
        "dense.weight": [f"{head.dense}.weight"],
        "dense.bias": [f"{head.dense}.bias"],
        **norm,
        "decoder.bias": [head.bias, f"{head.decoder}.bias"],
        "decoder.weight": [f"{head.decoder}.weight"],
    }


def _places(model: AdapterModel, head: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters of a head in the model, by their place; not those that it shares with the embeddings."""
    dense, norm, decoder = (module for module in head.children() if [*module.parameters(recurse=False)])
    shared = {id(parameter) for parameter in model.base_model.parameters()}
    for part, module in (("dense", dense), ("norm", norm), ("decoder", decoder)):
        for name, parameter in module.named_parameters(recurse=False):
            if id(parameter) not in shared:
                yield f"{part}.{name}", parameter


def _differs(parameter: nn.Parameter, tensor: Tensor) -> bool:
    return parameter.shape != tensor.shape or not bool(torch.isfinite(tensor).all())


def _tensors(folder: Path, names: Mapping[str, list[str]]) -> dict[str, Tensor]:
    """The head's tensors in a checkpoint, by their place."""
    wanted = {name: place for place, written in names.items() for name in written}
    found: dict[str, Tensor] = {}
    for path in weight_files(folder):
        for name, tensor in _read(path, wanted):
            found.setdefault(wanted[name], tensor)
    return found


def _read(path: Path, wanted: Mapping[str, str]) -> Iterator[tuple[str, Tensor]]:
    if path.suffix == ".safetensors":
        with safe_open(path, framework="pt") as file:
            names = {*file.keys()}
            yield from ((name, file.get_tensor(name)) for name in wanted if name in names)
        return
    try:
        # Mapped, so that only the head is read; files of the oldest form cannot be.
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise BackboneError(f"{path} cannot be read.", hint="Download it again.") from error
    if isinstance(content, dict):
        yield from ((name, content[name]) for name in wanted if isinstance(content.get(name), Tensor))


def _digest(tensors: Mapping[str, Tensor]) -> str:
    result = hashlib.sha256()
    for place, tensor in sorted(tensors.items()):
        result.update(f"{place} {tuple(tensor.shape)} {tensor.dtype}".encode())
        result.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return result.hexdigest()
