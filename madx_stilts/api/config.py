"""Configuration of a workspace: backbone, zoo, data, cache, device. No torch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from madx_stilts.data.sources import DataSources
from madx_stilts.zoo.store import Zoo


@dataclass(frozen=True)
class Places:
    """A backbone, a zoo, data and a cache.

    Args:
        backbone: As it is named.
        zoo_folders: The first takes what is made, the others are read only.
        data: Where data sets are looked up.
        cache: Folder for what can be made again.
        device: As torch names devices; `auto` takes a GPU if there is one.
        say: Takes how the work goes on, a line at a time.
        note: Takes what a user should know, whether or not progress is wanted.
        loaded: The backbone that is kept from one piece of work to the next, by its precision.
    """

    backbone: str
    zoo_folders: tuple[Path, ...]
    data: DataSources
    cache: Path
    device: str
    say: Callable[[str], None]
    note: Callable[[str], None]
    loaded: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def zoo(self) -> Zoo:
        """The adapters."""
        return Zoo(self.zoo_folders)

    @property
    def encodings(self) -> Path:
        """Where encoded data are kept."""
        return self.cache / "encoded"

    @property
    def trunks(self) -> Path:
        """Where a trunk cache is kept, if one is wanted."""
        return self.cache / "trunks"
