"""Large data sets file by file: a file is fetched when the reader gets to it, and none after it has enough."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import overload

from madx_stilts.data.hub import Repository, cached_snapshot
from madx_stilts.data.layout import NotHere, RepositoryFiles
from madx_stilts.data.sources import DataSources, SplitFiles, find, revisions
from madx_stilts.data.tree import files_below, readme_in
from madx_stilts.errors import DataError
from madx_stilts.tasks.task import Source

_PART = re.compile(r"(?P<stem>.+-)(?P<index>\d{5})-of-(?P<total>\d{5})(?P<rest>\D.*)")


@dataclass(frozen=True)
class SplitStream(Sequence[Path]):
    """The files of a split; each is fetched when it is asked for.

    Args:
        origin: Where they are from, for messages.
        names: Their names in the repository.
        fetch: Gives the file of a name, or raises `NotHere`.
    """

    origin: str
    names: tuple[str, ...]
    fetch: Callable[[str], Path]

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, at: int) -> Path: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, at: int | slice) -> Path | tuple[Path, ...]:
        if isinstance(at, slice):
            return tuple(map(self._file, self.names[at]))
        return self._file(self.names[at])

    def _file(self, name: str) -> Path:
        try:
            return self.fetch(name)
        except NotHere as reason:
            raise DataError(
                f"{self.origin}: {name} is needed now: {reason}.", hint="Ask for less text, or allow the download."
            ) from reason


def find_parts(source: Source, language: str, place: DataSources) -> SplitFiles:
    """The files that hold `source` in `language`, as `place.find` finds them, but none is downloaded yet.

    If the hub is not asked or does not answer, files that earlier readings left in the cache will do, as long as the
    first of the split is among them.

    Raises:
        DataError: They are nowhere. Later, when a file is asked for: it cannot be had.
    """
    try:
        return find((source,), language, place, fetch=_later)
    except DataError:
        begun = _begun(source, language, place.cache)
        if begun is None:
            raise
        return begun


def _later(repository: Repository, names: tuple[str, ...]) -> SplitStream:
    def fetch(name: str) -> Path:
        (path,) = repository.fetch((name,))
        return path

    return SplitStream(f"hub {repository.path}@{repository.commit}", names, fetch)


def _begun(source: Source, language: str, cache: Path | None) -> SplitFiles | None:
    """A split of which the cache holds the first file and perhaps more; none if it has not even that."""
    for revision in revisions(source):
        try:
            folder = cached_snapshot(source.path, revision, cache)
            names = _with_all_parts(files_below(folder))
            wanted = RepositoryFiles(names, readme_in(folder)).files(source.config_for(language), source.split)
        except NotHere:
            continue
        if (folder / wanted[0]).is_file():
            origin = f"hub {source.path}@{folder.name}"
            return SplitFiles(source, origin, SplitStream(origin, wanted, partial(_in_cache, folder)))
    return None


def _in_cache(folder: Path, name: str) -> Path:
    if not (folder / name).is_file():
        raise NotHere("it is not in the hub's cache, and the hub was not asked or did not answer")
    return folder / name


def _with_all_parts(names: Iterable[str]) -> tuple[str, ...]:
    """The names, and those that the name of a part promises: `x-00000-of-00003.parquet` has two beside it."""
    known = set(names)
    series = {(part["stem"], int(part["total"]), part["rest"]) for part in filter(None, map(_PART.fullmatch, known))}
    for stem, total, rest in series:
        known |= {f"{stem}{at:05}-of-{total:05}{rest}" for at in range(total)}
    return tuple(sorted(known))
