"""Which worker uses which GPU, and how many threads."""

import os

from madx_stilts.run.worker_brief import threads_each

_VISIBLE = "CUDA_VISIBLE_DEVICES"
MOST_ON_CPU = 4
"""Workers on a CPU unless another number is wanted: each holds a backbone."""


def usual_workers(device: str) -> int:
    """How many workers there are if no number is wanted: one for each GPU, else one for each core, up to a few."""
    return len(_gpus(device)) or min(MOST_ON_CPU, threads_each(1))


def environments(device: str, workers: int) -> list[dict[str, str]]:
    """The environment variables that give each worker its share of the machine."""
    threads, gpus = str(threads_each(workers)), _gpus(device)
    shares = [{_VISIBLE: gpus[number % len(gpus)]} if gpus else {} for number in range(workers)]
    return [{"OMP_NUM_THREADS": threads, **share} for share in shares]


def _gpus(device: str) -> list[str]:
    """The GPUs to divide; none if one of them is named, or the CPU."""
    if device not in ("auto", "cuda"):
        return []
    import torch

    named = os.environ.get(_VISIBLE, "").split(",")
    count = torch.cuda.device_count()
    return named[:count] if len(named) >= count and named[0] else [str(number) for number in range(count)]
