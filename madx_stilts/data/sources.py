"""Lookup of a source's files: local mirrors first, then the hub's cache, then the hub."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path, PurePosixPath

from huggingface_hub import constants

from madx_stilts.data.hub import Repository, ask, cached_snapshot
from madx_stilts.data.layout import NotHere, RepositoryFiles
from madx_stilts.data.tree import is_folder, layout_of, reachable, require_reach
from madx_stilts.data.unpack import GZIP, UNPACK_WITH, plain
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Source, Sources, Task
from madx_stilts.tasks.world import ConstructedWorld, world_in

CONVERTED = "refs/convert/parquet"
"""The branch in which the hub keeps its own conversion; the only readable one of a repository with a loading script."""


@dataclass(frozen=True)
class DataSources:
    """Places where data sets are looked up.

    Args:
        mirrors: Folders laid out like the hub: `owner/name/...`, with the README's `configs:`; or with original files
            in them. The first that has what is looked for counts.
        offline: Open no connection (also so when HF_HUB_OFFLINE is set).
        endpoint: Address of the hub, if it is not huggingface.co.
        cache: The hub's cache folder, if it is not the usual one.
    """

    mirrors: tuple[Path, ...] = ()
    offline: bool = False
    endpoint: str | None = None
    cache: Path | None = None

    @cached_property
    def world(self) -> ConstructedWorld | None:
        """The constructed world that the mirror is; none if it is of real data.

        Raises:
            DataError: Its passport is damaged.
            UsageError: There are other mirrors beside it.
        """
        return world_in(self.mirrors)

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks that can be read here, by name: those of the constructed world, or all.

        Raises:
            MadxStiltsError: See `world`; a name that is not there is an `UnknownName`.
        """
        return TASKS if self.world is None else self.world.tasks()

    def world_of(self, language: str) -> ConstructedWorld | None:
        """The constructed world that has this language, if one is here."""
        return self.world if self.world is not None and language in self.world.names else None


@dataclass(frozen=True)
class SplitFiles:
    """The files of one split.

    Args:
        source: How they read.
        origin: Where they are from: `mirror owner/name`, `hub owner/name@commit` or `files folder`.
        paths: The files, in the order of their rows.
    """

    source: Source
    origin: str
    paths: Sequence[Path]


class Nowhere(DataError):
    """A split is neither here nor where it could be fetched from; other errors say that what is here is wrong."""


Fetch = Callable[[Repository, tuple[str, ...]], Sequence[Path]]


def find(sources: Sources, language: str, place: DataSources, *, fetch: Fetch = Repository.fetch) -> SplitFiles:
    """The files that hold a split in `language`; downloads those that are neither in a mirror nor in the cache.

    An absolute path stands for one file.

    Args:
        sources: Where they may be, the preferred place first. A copy at hand is preferred to a download.
        fetch: Downloads files by name, at once or when they are asked for (`data.stream`).

    Raises:
        Nowhere: They are nowhere; the message tells for each place what it lacks.
        DataError: What is there is damaged, or there twice.
    """
    looks: list[Callable[[], SplitFiles]] = []
    for source in sources:
        looks += [partial(_in_mirror, source, language, mirror, place.mirrors) for mirror in place.mirrors]
        looks += [partial(_one_file, source)] if Path(source.path).is_absolute() else []
    asked = [(source, revision) for source in sources if source.on_hub for revision in revisions(source)]
    looks += [partial(_in_cache, source, language, revision, place.cache) for source, revision in asked]
    looks += [partial(_on_hub, source, language, revision, place, fetch) for source, revision in asked]
    reasons: list[str] = []
    for look in looks:
        try:
            return look()
        except NotHere as reason:
            reasons.append(str(reason))
    raise _nowhere(sources, language, reasons)


def revisions(source: Source) -> tuple[str, ...]:
    """The commits or branches of its repository that may hold it, the preferred one first."""
    return (source.revision, CONVERTED) if source.revision == "main" else (source.revision,)


def _nowhere(sources: Sources, language: str, reasons: Iterable[str]) -> Nowhere:
    lines = "\n".join(f"  - {reason}" for reason in dict.fromkeys(reasons)) or "  - no local mirror is named"
    wanted = " or ".join(dict.fromkeys(_named(source, language) for source in sources))
    ways = [source.obtain for source in sources if source.obtain]
    if any(source.on_hub for source in sources):
        first = next(source.path for source in sources if source.on_hub)
        hub = f"Put it as {first} into the folder of the local mirror (--data DIR), or allow the download."
        ways = [hub, *(["Original files serve as well."] if ways else []), *ways]
    return Nowhere(f"There are no files of {wanted}:\n{lines}", hint=" ".join(dict.fromkeys(ways)))


def _named(source: Source, language: str) -> str:
    if source.files:
        return f"{source.path}/{source.files[0].format(language=source.code(language))}"
    return f"{source.path}, config {source.config_for(language)}, split {source.split}"


def _one_file(source: Source) -> SplitFiles:
    return SplitFiles(source, f"file {source.path}", (Path(source.path),))


def _in_mirror(source: Source, language: str, mirror: Path, named: Sequence[Path]) -> SplitFiles:
    folder = mirror / source.path
    if not is_folder(folder):
        raise NotHere(f"mirror {mirror}: has no folder {source.path}")
    if source.files:
        return _original(source, language, folder, named)
    return _in_folder(source, language, folder, origin=f"mirror {source.path}", named=named)


def _original(source: Source, language: str, folder: Path, named: Sequence[Path]) -> SplitFiles:
    patterns = [pattern.format(language=source.code(language)) for pattern in source.files]
    for pattern in patterns:
        paths = _by_file_name(pattern, _matching(folder, pattern))
        if paths:
            reach = reachable(folder, named)
            for path in paths:
                require_reach(path, reach, str(path))
            return SplitFiles(source, f"files {source.path}", paths)
    raise NotHere(f"folder {folder}: has no {' or '.join(patterns)}")


def _by_file_name(pattern: str, paths: Iterable[Path]) -> tuple[Path, ...]:
    """Files of one split in the order of their names, wherever they are.

    XTREME puts the treebanks of a language into one folder before it sorts them (`udpos_preprocess`), so `en_partut`
    comes before `en_pud`; by folder, `UD_English-PUD` would come before `UD_English-ParTUT`.

    Raises:
        DataError: Files of this pattern differ by their names, and two have the same: one would be counted twice.
    """
    ordered = sorted(paths, key=lambda path: (plain(path).name, path))
    named_apart = "*" in PurePosixPath(pattern).name
    for first, second in pairwise(ordered):
        if named_apart and plain(first).name == plain(second).name:
            raise DataError(
                f"{first.name} is there twice: in {first.parent} and in {second.parent}.",
                hint="Keep one of the two in the mirror: that of the release which the task's page names.",
            )
    return tuple(ordered)


def _matching(folder: Path, pattern: str) -> Collection[Path]:
    """The files of a pattern; of one that is there packed and not packed, the latter.

    Raises:
        NotHere: One is there only in a form that is not read.
    """
    found = {plain(path): path for ending in (GZIP, "") for path in folder.glob(f"{pattern}{ending}") if path.is_file()}
    for ending, tool in UNPACK_WITH.items():
        for path in folder.glob(f"{pattern}{ending}"):
            if path.with_suffix("") not in found:
                raise NotHere(f"folder {folder}: has {path.name}, which is packed: unpack it with `{tool}`")
    return found.values()


def _in_cache(source: Source, language: str, revision: str, cache: Path | None) -> SplitFiles:
    folder = cached_snapshot(source.path, revision, cache)
    return _in_folder(source, language, folder, origin=f"hub {source.path}@{folder.name}")


def _on_hub(source: Source, language: str, revision: str, place: DataSources, fetch: Fetch) -> SplitFiles:
    if place.offline or constants.HF_HUB_OFFLINE:
        raise NotHere("hub: not asked, for work is offline")
    repository = ask(source.path, revision, endpoint=place.endpoint, cache=place.cache)
    origin = f"hub {source.path}@{repository.commit}"
    return SplitFiles(source, origin, fetch(repository, _names(repository.layout, source, language, origin)))


def _in_folder(source: Source, language: str, folder: Path, *, origin: str, named: Sequence[Path] = ()) -> SplitFiles:
    try:
        layout = layout_of(folder, named)
    except NotHere as reason:
        raise NotHere(f"{origin}: {reason}") from reason
    wanted = _names(layout, source, language, origin)
    return SplitFiles(source, origin, tuple(folder / name for name in wanted))


def _names(layout: RepositoryFiles, source: Source, language: str, origin: str) -> tuple[str, ...]:
    try:
        return layout.files(source.config_for(language), source.split)
    except NotHere as reason:
        raise NotHere(f"{origin}: {reason}") from reason
