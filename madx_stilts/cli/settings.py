"""Settings of all commands, and default folders."""

import logging
import os
import re
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from madx_stilts.errors import UsageError, brief
from madx_stilts.paths import cache_home, data_home


@dataclass(frozen=True)
class Settings:
    """The options of `madx-stilts` itself.

    Args:
        zoo: Folder of adapters.
        data: Local mirrors of data sets, looked into in this order; None: only the hub and its cache.
        cache: Folder for what can be made again.
        offline: Open no connection.
        verbose: How much more to say: library warnings, tracebacks of errors.
        quiet: No progress.
        peers: Other zoos, which are only read, in this order.
    """

    zoo: Path = field(default_factory=lambda: data_home() / "zoo")
    data: tuple[Path, ...] = ()
    cache: Path = field(default_factory=cache_home)
    offline: bool = False
    verbose: int = 0
    quiet: bool = False
    peers: tuple[Path, ...] = ()

    @property
    def encodings(self) -> Path:
        """Where encoded data are kept."""
        return self.cache / "encoded"

    @property
    def trunks(self) -> Path:
        """Where a trunk cache is kept, if one is wanted."""
        return self.cache / "trunks"

    def tell_libraries(self) -> None:
        """Let the libraries follow; they read the environment when they are imported, so call it before that.

        Raises:
            UsageError: A variable that they read holds what would end their import.
        """
        _require_whole_seconds()
        if self.offline:
            os.environ["HF_HUB_OFFLINE"] = "1"
        if not self.verbose:
            # They warn about what preflight checks, and about what is done on purpose.
            os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
            os.environ.setdefault("HF_HUB_VERBOSITY", "error")
            logging.getLogger("adapters").setLevel(logging.ERROR)
            # Not those of torch: they tell what is wrong with a GPU.
            warnings.filterwarnings("ignore", module=r"(accelerate|adapters|huggingface_hub|transformers)\b")
        if self.quiet:
            os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def _require_whole_seconds() -> None:
    for name in ("HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT"):
        text = os.environ.get(name)
        if text is not None and "huggingface_hub" not in sys.modules and not re.fullmatch(r"[1-9][0-9]{0,4}", text):
            raise UsageError(
                f"The variable {name} is {brief(ascii(text), 60)}.",
                hint="Set it to a whole number of seconds, such as 60, or leave it unset.",
            )
