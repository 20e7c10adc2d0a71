"""The data of the demonstration: the miniature, written once."""

from collections.abc import Callable
from pathlib import Path

from madx_stilts.files import read_bounded
from madx_stilts.miniature.build import build, passport
from madx_stilts.miniature.world import MiniatureWorld
from madx_stilts.strict_json import parse
from madx_stilts.tasks.world import PASSPORT

SEED = 1
"""Of the world that the shipped encoder and adapters know."""


def ensure_data(folder: Path, *, say: Callable[[str], None]) -> None:
    """Write the miniature into a folder, unless this version of the package has written it there.

    Args:
        say: Called with a line if there is something to wait for.

    Raises:
        StorageError: The folder holds something else, or cannot be written.
    """
    if not _is_there(folder):
        say(f"Writing the data sets of a small constructed world to {folder}: half a minute.")
        build(folder, seed=SEED)


def _is_there(folder: Path) -> bool:
    try:
        found = parse(read_bounded(folder / PASSPORT, limit=2**20))
    except (OSError, ValueError):
        return False
    wanted = passport(MiniatureWorld(SEED), "full")
    return isinstance(found, dict) and all(found.get(key) == value for key, value in wanted.items())
