"""What stands for the bytes that a job reads: cheap to find out, and another when they change. No torch.

Rows are not read and nothing is downloaded. A stamp that changes although the bytes are the same costs a reading: an
adapter's own id is made of fingerprints of what was read.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from madx_stilts.data.layout import NotHere
from madx_stilts.data.sources import DataSources
from madx_stilts.data.tree import files_below
from madx_stilts.errors import StorageError
from madx_stilts.files import digest, sha256_of
from madx_stilts.grid.job import Job, Train
from madx_stilts.run.backbones import origin_of
from madx_stilts.tasks.task import Source, Split, Task
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.tasks.world import PASSPORT

READ_UP_TO = 64 * 2**20
"""Bytes of a backbone's file up to which its content counts; beyond, its size and time do."""


class DataStamps:
    """Stamps of jobs; each file is looked at once.

    Args:
        place: Where data are looked up.
    """

    def __init__(self, place: DataSources) -> None:
        self._place = place
        self._backbones: dict[str, str] = {}
        self._folders: dict[Path, str] = {}
        self._splits: dict[tuple[str, Split], str] = {}

    def __call__(self, job: Job) -> Mapping[str, str]:
        """The stamps of a job: `backbone`, and those of its data by `task:split` or by the name of a text.

        Raises:
            UsageError: There is no such backbone, or another folder stands beside a constructed world.
            UnknownName: There is no such task.
            StorageError: A file cannot be read.
        """
        stamps = {"backbone": self._backbone(job.backbone)}
        if not isinstance(job, Train):
            return stamps | {f"{job.task}:{job.split}": self._split(job.task, job.split)}
        for part in job.recipe.parts:
            if part.task == MASKED_LM.name:
                stamps[f"text {job.text}"] = self._text(job.text)
            else:
                halves: tuple[Split, ...] = ("train", "dev")
                stamps |= {f"{part.task}:{split}": self._split(part.task, split) for split in halves}
        return stamps

    def _backbone(self, name: str) -> str:
        if name not in self._backbones:
            origin = origin_of(name)
            folder = origin.folder
            stamp = f"{origin.source}@{origin.revision}" if folder is None else digest([*_contents(folder)])
            self._backbones[name] = stamp
        return self._backbones[name]

    def _split(self, name: str, split: Split) -> str:
        """Of a split in all its languages: a mirror's folder holds them all."""
        if (name, split) not in self._splits:
            sources = _sources(self._place.tasks[name], split)
            self._splits[name, split] = digest([self._source(source) for source in sources])
        return self._splits[name, split]

    def _source(self, source: Source) -> list[str]:
        found = self._mirrored(source.path)
        return [*found, f"{source.path}@{source.revision}"] if source.on_hub else found

    def _text(self, text: str) -> str:
        path = Path(text)
        if os.path.isfile(path):
            return digest(_size_and_time(path))
        return digest([*self._mirrored(text), f"{text}@main"])

    def _mirrored(self, path: str) -> list[str]:
        """What each mirror has of a repository."""
        folders = ((mirror, mirror / path) for mirror in self._place.mirrors)
        return [self._folder(folder, mirror) for mirror, folder in folders if folder.is_dir()]

    def _folder(self, folder: Path, mirror: Path) -> str:
        if folder not in self._folders and (mirror / PASSPORT).is_file():
            # A constructed world follows from what its passport says, and may be written again at any time.
            self._folders[folder] = sha256_of(mirror / PASSPORT)
        elif folder not in self._folders:
            self._folders[folder] = digest(self._listed(folder))
        return self._folders[folder]

    def _listed(self, folder: Path) -> list[list[object]]:
        """What the readers of data find there, behind links too; of what they refuse, why they do."""
        try:
            names = sorted(files_below(folder, self._place.mirrors), key=PurePosixPath)
        except NotHere as reason:
            return [[str(reason)]]
        return [[name, *_size_and_time(folder / name)] for name in names]


def _sources(task: Task, split: Split) -> Iterator[Source]:
    for member in task.union_of:
        yield from _sources(member, split)
    yield from task.sources.get(split, ())
    yield from task.candidates.get(split, ())


def _contents(folder: Path) -> Iterator[list[object]]:
    """Name and content of each file of a backbone, or what tells the content of a large one."""
    for file in _files(folder):
        small = file.stat().st_size <= READ_UP_TO
        told = [sha256_of(file)] if small else _size_and_time(file)
        yield [file.relative_to(folder).as_posix(), *told]


def _files(folder: Path) -> Iterable[Path]:
    """The files of a folder, hidden ones left out."""
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))


def _size_and_time(file: Path) -> list[int]:
    try:
        facts = file.stat()
    except OSError as error:
        raise StorageError(
            f"Cannot read {file}: {error.strerror or error}.", hint="Check the folder and its permissions."
        ) from error
    return [facts.st_size, facts.st_mtime_ns]
