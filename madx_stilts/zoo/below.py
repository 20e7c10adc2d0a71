"""What lies in a folder and the folders in it, found with as few questions to the system as it takes.

A large zoo has tens of thousands of folders, for each of which `pathlib` would ask several times as much.
"""

import os
from contextlib import suppress
from pathlib import Path


def names_below(folder: Path) -> list[str]:
    """The places of all files in a folder, with `/`, sorted; a folder is among them only where it is empty.

    Links are not followed, but count as files. What is removed meanwhile is left out.

    Raises:
        OSError: A folder cannot be read.
    """
    found: list[str] = []
    waiting = [("", os.fspath(folder))]
    while waiting:
        above, path = waiting.pop()
        try:
            with os.scandir(path) as listed:
                entries = [*listed]
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((f"{above}{entry.name}/", entry.path))
            else:
                found.append(f"{above}{entry.name}")
        if above and not entries:
            found.append(above.removesuffix("/"))
    return sorted(found)


def bytes_below(folder: Path) -> int:
    """How much space the files in a folder take. What vanishes, or only its owner may look at, counts nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_size
    return total
