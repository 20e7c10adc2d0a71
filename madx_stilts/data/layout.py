"""Which files of a repository in hub layout hold which split: by the README's `configs:`, else by their names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath

from madx_stilts import strict_yaml
from madx_stilts.data.unpack import GZIP, UNPACK_WITH

README = "README.md"
_TEXTS = (".jsonl", ".json", ".csv", ".tsv", ".txt")
EXTENSIONS = (".parquet", *(f"{kind}{packed}" for kind in _TEXTS for packed in ("", GZIP)))
"""Files that can be read; where a split is there in several, the first of these counts."""
_LONGEST_FIRST = sorted(EXTENSIONS, key=len, reverse=True)

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n---", re.DOTALL)
_GOES_ON = frozenset(("", *" \t\r-#[]{},"))
"""How lines begin that are no key at the beginning of a line."""
_CONFIGS = re.compile(r"configs[ \t]*:")
_ABOUT_CONFIGS = re.compile(r"configs[.:]")
_SHOWN = 200
_SHARD = re.compile(r"(?P<stem>.+)-(?P<index>\d{5})-of-(?P<total>\d{5})(?P<rest>\D.*)")
_SYNONYMS = {"dev": "validation", "valid": "validation", "val": "validation", "training": "train", "testing": "test"}
"""What the hub itself takes the names of files for; whole names only, so `dev_r1` stays what it is."""


class NotHere(Exception):
    """A place does not hold what is looked for; the reason is a clause that follows the name of the place."""


@dataclass(frozen=True)
class RepositoryFiles:
    """The files of one repository.

    Args:
        names: Their names, relative to the repository, with `/`.
        readme: Text of README.md; empty where there is none.
    """

    names: tuple[str, ...]
    readme: str = ""

    @property
    def configs(self) -> tuple[str, ...]:
        """The configurations there are.

        Raises:
            NotHere: The README cannot be understood.
        """
        if self._described:
            return tuple(self._described)
        folders = {PurePosixPath(name).parts[0] if "/" in name else "data" for name in self._data_names}
        return tuple(sorted("default" if folder == "data" else folder for folder in folders))

    def files(self, config: str, split: str) -> tuple[str, ...]:
        """The files of one split (`a+b`: of several, in that order).

        Raises:
            NotHere: No such configuration or split (the reason lists those there are), or files are missing.
        """
        if not self._data_names:
            raise NotHere(self._why_no_data())
        if config not in self.configs:
            raise NotHere(f"has no config {config!r}, it has {', '.join(self.configs)}")
        splits = self._splits(config)
        for part in split.split("+"):
            if part not in splits:
                raise NotHere(f"has no split {part!r} in config {config!r}, it has {', '.join(splits) or 'none'}")
        return tuple(name for part in split.split("+") for name in self._resolve(splits[part]))

    def _why_no_data(self) -> str:
        packed = next((name for name in self.names if PurePosixPath(name).suffix in UNPACK_WITH), "")
        if packed:
            tool = UNPACK_WITH[PurePosixPath(packed).suffix]
            return f"has no data files that can be read: {packed} is packed, unpack it with `{tool}`"
        script = any(name.endswith(".py") for name in self.names)
        return "has a loading script but no data files" if script else "has no data files"

    def _splits(self, config: str) -> Mapping[str, tuple[str, ...]]:
        """Names or patterns of each split's files."""
        if config not in self._described:
            return self._by_name(self._folder_of(config))
        described = self._described[config]
        if not described.get("data_files"):
            return self._by_name(str(described.get("data_dir") or ""))
        return _patterns(described["data_files"])

    def _folder_of(self, config: str) -> str:
        """Without a README the folder has the config's name; the default one may be `data` or the repository itself."""
        folders = (config, "data", "") if config == "default" else (config,)
        return next((folder for folder in folders if self._by_name(folder)), "")

    def _by_name(self, folder: str) -> dict[str, tuple[str, ...]]:
        """The splits in a folder: `train.csv`, `train-00000-of-00001.parquet` or `train/0000.parquet` are of `train`.

        Parts of one split are given as a pattern, so that a missing part is noticed.
        """
        found: dict[str, dict[str, list[str]]] = {}
        for name in self._data_names:
            inside = PurePosixPath(name.removeprefix(f"{folder}/") if folder else name)
            if (not folder or name.startswith(f"{folder}/")) and len(inside.parts) <= 2:
                kind = next(kind for kind in _LONGEST_FIRST if name.endswith(kind))
                start = inside.parts[0] if len(inside.parts) == 2 else inside.name.removesuffix(kind).split("-")[0]
                kinds = found.setdefault(_SYNONYMS.get(start, start), {})
                kinds.setdefault(kind, []).append(_SHARD.sub(r"\g<stem>-*-of-\g<total>\g<rest>", name))
        best = {split: next(kinds[kind] for kind in EXTENSIONS if kind in kinds) for split, kinds in found.items()}
        return {split: tuple(dict.fromkeys(patterns)) for split, patterns in best.items()}

    def _resolve(self, patterns: Iterable[str]) -> list[str]:
        """Names that the patterns stand for.

        Raises:
            NotHere: A file that is named is missing, or one part of a split that is in several.
        """
        resolved: list[str] = []
        for pattern in patterns:
            if pattern in self.names:
                resolved.append(pattern)
                continue
            parts = tuple(pattern.split("/"))
            matching = [name for name in self._data_names if _matches(tuple(name.split("/")), parts)]
            if not matching:
                raise NotHere(f"lacks the file {pattern}")
            _check_complete(matching)
            resolved.extend(matching)
        return resolved

    @cached_property
    def _data_names(self) -> list[str]:
        return sorted(name for name in self.names if name.endswith(EXTENSIONS))

    @cached_property
    def _described(self) -> dict[str, Mapping[str, object]]:
        return _configs_in(self.readme)


def _configs_in(readme: str) -> dict[str, Mapping[str, object]]:
    """The `configs:` of a README's header; what else the header says, right or wrong, is not looked at.

    Raises:
        NotHere: They are there and cannot be understood.
    """
    match = _FRONT_MATTER.match(readme)
    if match is None:
        return {}
    blocks = _blocks_of_configs(match[1])
    header = strict_yaml.parse(blocks[0] if len(blocks) == 1 else match[1])
    if header.faults and len(blocks) == 1:  # what is used there may be defined elsewhere
        header = strict_yaml.parse(match[1])
    about_all = header.faults if header.value is None else []
    faults = [*about_all, *(fault for fault in header.faults if _ABOUT_CONFIGS.match(fault))]
    if faults:
        raise NotHere(f"has a README whose header is not YAML ({faults[0][:_SHOWN]})")
    configs = header.value.get("configs") if isinstance(header.value, dict) else None
    if not isinstance(configs, list):
        return {}
    return {str(config.get("config_name", "default")): config for config in configs if isinstance(config, dict)}


def _blocks_of_configs(header: str) -> list[str]:
    """The key at the beginning of a line, with the lines that belong to it: the rest may hold thousands of values."""
    blocks: list[list[str]] = []
    inside = False
    for line in header.split("\n"):
        if line[:1] not in _GOES_ON:
            inside = _CONFIGS.match(line) is not None
            blocks += [[]] if inside else []
        if inside:
            blocks[-1].append(line)
    return ["\n".join(block) for block in blocks]


def _patterns(data_files: object) -> dict[str, tuple[str, ...]]:
    """The `data_files:` of a README: one path, paths, or a list of `split:` and `path:`."""
    entries = data_files if isinstance(data_files, list) else [data_files]
    splits: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        split, paths = (str(entry.get("split")), entry.get("path")) if isinstance(entry, dict) else ("train", entry)
        listed = paths if isinstance(paths, list) else [paths]
        splits[split] = splits.get(split, ()) + tuple(str(path).removeprefix("./") for path in listed)
    return splits


def _matches(name: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether the parts of a path fit those of a pattern, in which `**` stands for any number of folders."""
    reached = {0}  # how many parts of the name the pattern so far can stand for
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached), len(name) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(name) and fnmatchcase(name[at], part)}
        if not reached:
            return False
    return len(name) in reached


def _check_complete(names: Iterable[str]) -> None:
    """A file called `...-00000-of-00003...` needs the other two: a cache may hold a part only."""
    present: dict[tuple[str, int], set[int]] = {}
    for name in names:
        shard = _SHARD.fullmatch(name)
        if shard:
            present.setdefault((shard["stem"], int(shard["total"])), set()).add(int(shard["index"]))
    for (stem, total), indices in present.items():
        if len(indices) < total:
            raise NotHere(f"has {len(indices)} of the {total} files {stem}-*-of-{total:05}")
