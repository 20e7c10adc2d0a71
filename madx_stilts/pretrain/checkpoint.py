"""The checkpoint of a pretraining: weights and the states of both optimisers, in one file, written whole.

Batches, what is hidden in them and the learning rates follow from the step, so nothing else needs to be kept.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor
from torch.optim import Optimizer
from transformers import PreTrainedModel

from madx_stilts.files import write_whole

Tensors = dict[str, Tensor]
NAME = "checkpoint.safetensors"


class Progress(NamedTuple):
    """How far a pretraining is.

    Args:
        done: Steps done so far.
        owes_look: Whether the network is still to be measured after the last of them.
    """

    done: int = 0
    owes_look: bool = False


def save_checkpoint(path: Path, model: PreTrainedModel, optimizers: Sequence[Optimizer], progress: Progress) -> None:
    """Write a checkpoint in place of the last one.

    Raises:
        StorageError: No permission or no space; the last checkpoint stays.
    """
    tensors: Tensors = {f"weights/{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for at, optimizer in enumerate(optimizers):
        for parameter, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{at}/{parameter}/{key}": value for key, value in state.items()}
    facts = {"done": str(progress.done)} | ({"owes_look": "yes"} if progress.owes_look else {})
    write_whole(path, save({name: tensor.contiguous() for name, tensor in tensors.items()}, facts))


def load_checkpoint(path: Path, model: PreTrainedModel, optimizers: Sequence[Optimizer]) -> Progress:
    """Put the network and its optimisers where the checkpoint left them.

    Returns:
        How far it is: at the beginning if there is no checkpoint, or none that can be read; then nothing changes.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = file.metadata()
            progress = Progress(int(facts["done"]), "owes_look" in facts)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (FileNotFoundError, SafetensorError):
        return Progress()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"weights/{name}"])
    for at, optimizer in enumerate(optimizers):
        state: dict[int, Tensors] = {}
        for name, tensor in tensors.items():
            kind, *place = name.split("/")
            if kind == "optimizer" and place[0] == str(at):
                state.setdefault(int(place[1]), {})[place[2]] = tensor
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return progress
