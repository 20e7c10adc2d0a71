"""Exact resume: everything that a learner's next step depends on, in one safetensors file, written whole.

The order of the data, the masks and the learning rate are functions of recipe and step, so a step number stands for
them. What remains are weights, optimiser states, random generators and what early stopping remembers. Each learner has
a file of its own, since it may go on in other company.
"""

import hashlib
from pathlib import Path

import torch
from pydantic import BaseModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from madx_stilts.files import write_whole
from madx_stilts.train.learner import Learner

FORMAT = 1
_PREFIX = "0/"
"""Of the learner's tensors."""
Tensors = dict[str, Tensor]


class BestSoFar(BaseModel):
    """State of early stopping and averaging for one learner."""

    best_score: float | None
    best_step: int
    looks_without_gain: int
    snapshots: int
    scaler: dict[str, float]
    looked: int | None = None
    """None: an earlier version wrote it, which always scored the dev data of a step before it stopped."""


class CheckpointNotes(BaseModel):
    """All of a checkpoint that is not a tensor."""

    format: int
    done: int
    learners: dict[str, BestSoFar]


def save_checkpoint(path: Path, learner: Learner) -> None:
    """Write a checkpoint in place of the last one.

    Raises:
        StorageError: No permission or no space; the last checkpoint stays.
    """
    tensors: Tensors = {f"random/{kind}": state for kind, state in learner.random.items()}
    tensors |= _tensors_of(learner, _PREFIX)
    notes = CheckpointNotes(format=FORMAT, done=learner.done, learners={learner.name: _remembered(learner)})
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = notes.model_dump_json()
    write_whole(path, save(tensors, metadata={"notes": text, "sha256": _checksum(tensors, text)}))


def load_checkpoint(path: Path, learner: Learner) -> None:
    """Put a learner and its random generators where the checkpoint left them.

    If there is no checkpoint, or none of this learner that can be trusted, nothing changes.
    """
    read = _read(path)
    if read is None:
        return
    tensors, notes = read
    if notes.format != FORMAT or list(notes.learners) != [learner.name]:
        return
    _restore(learner, _those(tensors, _PREFIX))
    _remember(learner, notes.learners[learner.name])
    learner.random |= _those(tensors, "random/")
    learner.done = notes.done
    looked = notes.learners[learner.name].looked
    learner.looked = notes.done if looked is None else looked


def _tensors_of(learner: Learner, prefix: str) -> Tensors:
    tensors: Tensors = {f"{prefix}now/{name}": parameter for name, parameter in learner.parameters.items()}
    tensors |= {f"{prefix}best/{name}": value for name, value in learner.best.items()}
    tensors |= {f"{prefix}mean/{name}": value for name, value in learner.mean.items()}
    for at, state in learner.optimizer.state_dict()["state"].items():
        tensors |= {f"{prefix}adam/{at}/{key}": value for key, value in state.items()}
    return tensors


def _remembered(learner: Learner) -> BestSoFar:
    return BestSoFar(
        best_score=learner.best_score,
        best_step=learner.best_step,
        looks_without_gain=learner.looks_without_gain,
        snapshots=learner.snapshots,
        scaler=learner.scaler.state_dict(),
        looked=learner.looked,
    )


def _restore(learner: Learner, tensors: Tensors) -> None:
    learner.put(_those(tensors, "now/"))
    learner.best, learner.mean = _those(tensors, "best/"), _those(tensors, "mean/")
    state: dict[int, Tensors] = {}
    for name, value in _those(tensors, "adam/").items():
        at, key = name.split("/")
        state.setdefault(int(at), {})[key] = value
    learner.optimizer.load_state_dict({**learner.optimizer.state_dict(), "state": state})


def _those(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _remember(learner: Learner, notes: BestSoFar) -> None:
    learner.best_score, learner.best_step = notes.best_score, notes.best_step
    learner.looks_without_gain, learner.snapshots = notes.looks_without_gain, notes.snapshots
    if notes.scaler:
        learner.scaler.load_state_dict(notes.scaler)


def _read(path: Path) -> tuple[Tensors, CheckpointNotes] | None:
    """Tensors and notes, or none if the file is missing or its checksum does not hold."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (FileNotFoundError, SafetensorError):
        return None
    if not metadata or _checksum(tensors, metadata.get("notes", "")) != metadata.get("sha256"):
        return None
    return tensors, CheckpointNotes.model_validate_json(metadata["notes"])


def _checksum(tensors: Tensors, notes: str) -> str:
    result = hashlib.sha256(notes.encode())
    for name in sorted(tensors):
        result.update(name.encode())
        result.update(tensors[name].flatten().view(torch.uint8).numpy().tobytes())
    return result.hexdigest()
