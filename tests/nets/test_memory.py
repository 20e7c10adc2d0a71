"""Work that does not fit ends with the exit code for it and says what to do."""

from collections.abc import Callable

import pytest
import torch

from madx_stilts.errors import MemoryLimitError
from madx_stilts.nets.memory import told_as_memory


def full_gpu() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory")


def full_machine() -> None:
    torch.empty(2**50)


def full_python() -> None:
    bytearray(2**60)


@pytest.mark.parametrize("full", [full_gpu, full_machine, full_python])
def test_a_lack_of_memory_is_told_as_one(full: Callable[[], None]) -> None:
    with (
        pytest.raises(MemoryLimitError, match="Training a-1 does not fit") as caught,
        told_as_memory("Training a-1", hint="h"),
    ):
        full()
    assert (caught.value.exit_code, caught.value.hint) == (4, "h")


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shape"), told_as_memory("Training a-1", hint="h"):
        raise RuntimeError("shape")
