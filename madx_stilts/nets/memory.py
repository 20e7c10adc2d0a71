"""Out-of-memory errors with a hint."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from madx_stilts.errors import MemoryLimitError


@contextmanager
def told_as_memory(work: str, *, hint: str) -> Iterator[None]:
    """Turn a lack of memory, of a device or of the machine, into an error that says what did not fit.

    Args:
        work: What was being done, as the subject of the message ("Training mnli-1234abcd").
        hint: What to do.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_lack_of_memory(error):
            raise
        raise MemoryLimitError(f"{work} does not fit into memory.", hint=hint) from error


def _is_lack_of_memory(error: MemoryError | RuntimeError) -> bool:
    """Torch has an error of its own for the memory of GPUs, and none for that of the machine."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "DefaultCPUAllocator" in str(error)
