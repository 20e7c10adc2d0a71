"""Configuration of a run: folders and devices. None of it changes a result, but for the trunk cache. No torch."""

from pathlib import Path

from madx_stilts.bounds import Bytes, Count
from madx_stilts.data.sources import DataSources
from madx_stilts.grid.records import Records
from madx_stilts.recipe import Frozen
from madx_stilts.zoo.store import Zoo


class RunConfig(Frozen):
    """Configuration that all workers of a run share."""

    zoo: tuple[Path, ...]
    """Layers of the zoo; the first takes what is made, and the records."""
    data: tuple[Path, ...] = ()
    """Local mirrors of data sets, looked into in this order."""
    cache: Path | None = None
    """Folder for encodings; None: encode each time."""
    offline: bool = False
    """Open no connection."""
    device: str = "auto"
    """As torch names devices; `auto` takes a GPU if there is one."""
    checkpoint_every: Count = 500
    """Steps between two checkpoints."""
    recompute: bool = False
    """Whether activations are recomputed in the backward pass to save memory."""
    trunk_cache: Path | None = None
    """Folder that keeps what is computed below the lowest task adapter; None: it is computed for each batch."""
    trunk_cache_bytes: Bytes = 2_000_000_000
    """How large that may get."""
    together: Count = 16
    """Jobs that a worker does at once, at most. A crash costs the scorings among them, and no training."""

    @property
    def adapters(self) -> Zoo:
        """The zoo."""
        return Zoo(self.zoo)

    @property
    def records(self) -> Records:
        """The records."""
        return Records(self.zoo[0])

    @property
    def place(self) -> DataSources:
        """Where data are looked up."""
        return DataSources(self.data, offline=self.offline)
