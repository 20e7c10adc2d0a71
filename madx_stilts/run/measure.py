"""What a job costs: time of the clock and of the processor, the highest memory."""

import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import torch

from madx_stilts.train.memory import peak_bytes

_LIBRARIES = ("madx-stilts", "torch", "transformers", "adapters", "datasets")


def versions() -> dict[str, str]:
    """Of this package and the libraries it runs with."""
    return {library: version(library) for library in _LIBRARIES} | {"python": sys.version.split()[0]}


@dataclass
class ResourceMeter:
    """Begins to measure when it is made."""

    device: torch.device
    wall: float = field(default_factory=time.monotonic)
    cpu: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        with suppress(OSError):  # Linux alone can begin again; elsewhere the peak is that of the process so far
            Path("/proc/self/clear_refs").write_text("5")

    @property
    def wall_seconds(self) -> float:
        return round(time.monotonic() - self.wall, 3)

    @property
    def cpu_seconds(self) -> float:
        """Of all threads of this process."""
        return round(time.process_time() - self.cpu, 3)

    @property
    def peak_bytes(self) -> int:
        """Of the GPU where one is used, else of this process."""
        return peak_bytes(self.device)
