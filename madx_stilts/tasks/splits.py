"""Most data sets differ between their splits in nothing but the split's name."""

from collections.abc import Mapping
from dataclasses import replace

from madx_stilts.tasks.task import Source, Sources, Split


def in_splits(source: Source, names: Mapping[Split, str]) -> dict[Split, Sources]:
    """The same source for several splits.

    Args:
        source: Any of them.
        names: What the hub calls each split.
    """
    return {split: (replace(source, split=name),) for split, name in names.items()}


def in_files(source: Source, files: Mapping[Split, str | tuple[str, ...]]) -> dict[Split, Sources]:
    """The same source of original files for several splits.

    Args:
        source: Any of them.
        files: The files of each split: a pattern, or several in order of preference.
    """
    patterns = {split: (named,) if isinstance(named, str) else named for split, named in files.items()}
    return {split: (replace(source, files=wanted),) for split, wanted in patterns.items()}


MIRROR = "into the folder of the local mirror (--data DIR)"


def clone(address: str, folder: str) -> str:
    """How to get the original files of a repository, as `Source.obtain` has it."""
    return f"Clone {address} as `{folder}` {MIRROR}."


def fetch(files: str, folder: str) -> str:
    """How to get original files from an address, as `Source.obtain` has it."""
    return f"Fetch {files} into the folder `{folder}` of the local mirror (--data DIR)."


def unpack(archive: str, folder: str) -> str:
    """How to get original files from an archive, as `Source.obtain` has it."""
    return f"Unpack {archive} into the folder `{folder}` of the local mirror (--data DIR)."


def together(*tables: Mapping[Split, Sources]) -> dict[Split, Sources]:
    """The sources of several tables, those of the first preferred."""
    splits = dict.fromkeys(split for table in tables for split in table)
    return {split: tuple(source for table in tables for source in table.get(split, ())) for split in splits}
