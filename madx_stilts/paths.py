"""Default folders (XDG base directory specification). No torch."""

import os
from pathlib import Path


def data_home() -> Path:
    """The user's folder for what is worth keeping."""
    return _home("XDG_DATA_HOME", ".local/share")


def cache_home() -> Path:
    """The user's folder for what can be made again."""
    return _home("XDG_CACHE_HOME", ".cache")


def _home(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback) / "madx-stilts"
