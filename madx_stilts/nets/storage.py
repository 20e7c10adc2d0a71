"""What the weights of an adapter are stored in: half the bytes, where that is asked for."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save

from madx_stilts.errors import AdapterError
from madx_stilts.files import write_whole


def store_in_half(folder: Path) -> None:
    """Rewrite all weights in a folder, and in those within it, in fp16. Who loads them computes in fp32 as before.

    Raises:
        AdapterError: A weight is too large for it.
        StorageError: No space.
    """
    for path in sorted(folder.rglob("*.safetensors")):
        stored = {name: weights.half() for name, weights in load_file(path).items()}
        if not all(torch.isfinite(weights).all() for weights in stored.values()):
            hint = "Leave out train.storage, and they are kept in fp32."
            raise AdapterError(f"Weights in {path.name} are too large for fp16.", hint=hint)
        write_whole(path, save(stored, metadata={"format": "pt"}))
