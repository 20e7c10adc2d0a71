"""Readers of original files."""

from collections.abc import Callable, Mapping
from pathlib import Path

from madx_stilts.data.table import Table

RAW_READERS: Mapping[str, Callable[[Path], Table]] = {}
