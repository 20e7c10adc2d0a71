"""Files of weights, ours and those of strangers: plain tensors only, never code, never more than the file holds."""

import pickle
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from madx_stilts.errors import AdapterError
from madx_stilts.files import told_as_storage
from madx_stilts.zoo.finite import tensor_places

PICKLED: Final[Mapping[str, str]] = {
    "adapter.safetensors": "pytorch_adapter.bin",
    "model_head.safetensors": "pytorch_model_head.bin",
}
"""What the `adapters` library calls the same weights in its own, older form, which it looks for first."""
_READ_ERRORS = (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, MemoryError, EOFError)


def write_pickled(folder: Path) -> None:
    """Write the library's own `.bin` beside each safetensors file of a folder and the folders in it."""
    for name, other in PICKLED.items():
        for path in sorted(folder.rglob(name)):
            with told_as_storage(path):
                torch.save(load_file(path), path.with_name(other))


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that a stranger wrote.

    Raises:
        AdapterError: It is damaged, claims more than it holds, or holds anything but tensors.
    """
    read = _read_safetensors if path.suffix == ".safetensors" else _read_pickled
    try:
        tensors = read(path)
    except pickle.UnpicklingError as error:
        raise _refused(path, "it holds more than tensors, such as code") from error
    except (SafetensorError, zipfile.BadZipFile, struct.error, *_READ_ERRORS) as error:
        raise _refused(path, f"it cannot be read ({type(error).__name__})") from error
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if claimed > path.stat().st_size:
        raise _refused(path, f"it claims {claimed:,} bytes of tensors and has {path.stat().st_size:,}")
    return {name: tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in tensors.items()}


def write_weights(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors as safetensors."""
    with told_as_storage(path):
        save_file(dict(tensors), path)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    tensor_places(path)
    return load_file(path)


def _read_pickled(path: Path) -> dict[str, Tensor]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > path.stat().st_size:
            raise _refused(path, f"it unpacks to {unpacked:,} bytes")
    with warnings.catch_warnings(action="ignore"):  # of what a strange pickle holds; it is refused below
        content = torch.load(path, map_location="cpu", weights_only=True)
    plain = isinstance(content, dict) and all(
        isinstance(key, str) and isinstance(value, Tensor) and value.layout == torch.strided
        for key, value in content.items()
    )
    if not plain:
        raise _refused(path, "it is no table of tensors")
    return cast(dict[str, Tensor], dict(content))


def _refused(path: Path, reason: str) -> AdapterError:
    return AdapterError(f"{path.name} is refused: {reason}.", hint="Nothing was written and nothing was executed.")
