"""How many learners fit into memory together: one at a time computes, so each adds only what it keeps."""

import resource
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.stacking import adapter_parameters
from madx_stilts.train.learner import Learner

_KEPT = 5
"""Copies of the trained weights: themselves, their gradient, Adam's two moments, the best or averaged ones."""
_SHARE = 2
"""Left to computing: on a GPU, so many times what a trial step took; on a CPU, the rest of one over this share."""
_MEMORY_INFO = Path("/proc/meminfo")
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which the system counts a process's highest memory."""


def kept_bytes(learner: Learner) -> int:
    """What a learner keeps in memory while others compute, the frozen task adapters below it included."""
    trained = sum(parameter.numel() * parameter.element_size() for parameter in learner.parameters.values())
    return _KEPT * trained + _bytes_below(learner.backbone, learner.stack[:-1])


def free_bytes(learner: Learner) -> int | None:
    """Memory that may be given to what learners keep, of a GPU or of the machine; None: the system does not tell.

    Ask after a trial step, so that the most that is computed at a time has been seen.
    """
    device = learner.backbone.device
    if device.type == "cuda":
        used = torch.cuda.memory_allocated(device)
        # What torch holds back without using it is free too.
        free = torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device) - used
        return max(0, free - _SHARE * (torch.cuda.max_memory_allocated(device) - used))
    available = machine_bytes()
    return None if available is None else available // _SHARE


def machine_bytes() -> int | None:
    """Memory of the machine that processes can still take; None: the system does not tell."""
    if not _MEMORY_INFO.exists():
        return None
    lines = dict(line.split(":", 1) for line in _MEMORY_INFO.read_text().splitlines())
    return 1024 * int(lines["MemAvailable"].split()[0]) if "MemAvailable" in lines else None


def reset_peak(device: torch.device) -> None:
    """Measure the highest memory of a GPU from here on; that of a process cannot be reset."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int:
    """Highest memory so far: of the GPU where one is used, else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT


def _bytes_below(backbone: Backbone, names: Sequence[str]) -> int:
    below = (parameter for name in names for parameter in adapter_parameters(backbone, name).values())
    return sum(parameter.numel() * parameter.element_size() for parameter in below)
