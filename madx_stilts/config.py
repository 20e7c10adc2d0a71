"""Configs: YAML files, built in or the user's, with changes from the command line, checked whole before any work."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from madx_stilts.config_faults import faults_of, shown
from madx_stilts.errors import ConfigError, UnknownName, UsageError
from madx_stilts.files import read_bounded
from madx_stilts.recipe import Frozen, FusionSettings, Method, TrainSettings
from madx_stilts.resolve import unbounded_epochs
from madx_stilts.resources import builtin_configs, shipped_backbone
from madx_stilts.strict_yaml import MAX_CHARACTERS, Key, dotted, parse

M = TypeVar("M", bound=BaseModel)
_MAX_VALUES = 20_000
"""Of one config; a grid of a thousand columns has fewer."""
_MAX_WAY = 20
"""Names in one dotted key; no config is as deep."""


class AdapterConfig(Frozen):
    """Method and training settings of an adapter. See `configs/adapters/`."""

    method: Method = Method()
    train: TrainSettings = TrainSettings()
    fusion: FusionSettings = FusionSettings()
    """Of a target that fuses intermediates, its fusion layer."""


class BackboneConfig(Frozen):
    """A pretrained model by a short name. See `configs/backbones/`."""

    model: str
    """Hub id, `owner/name`, or a folder, or `shipped:NAME` for one that comes with the package."""
    revision: str = "main"
    """Branch, tag or commit on the hub."""
    description: str = ""

    @property
    def source(self) -> str:
        """What it is loaded from: a hub id or a folder.

        Raises:
            StorageError: It should have come with the package and did not.
        """
        sign, _, name = self.model.rpartition(":")
        return str(shipped_backbone(name)) if sign == "shipped" else self.model


def adapter_config(
    config: AdapterConfig | str | Path | None,
    *,
    overrides: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
) -> AdapterConfig:
    """Method and settings of a training, with changes over them. Who asks for epochs gets them, whatever bounds steps.

    Args:
        config: A value, a built-in config's name or a file; None: nothing is written but the changes.
        overrides: See `load`; so do `options`.

    Raises:
        ConfigError: They have faults; all are told.
        UnknownName: There is no built-in config of that name.
        UsageError: There is no such file, or it cannot be read.
    """
    if config is None or isinstance(config, AdapterConfig):
        text = "" if config is None else config.model_dump_json(exclude_unset=True)
        found = read(text, AdapterConfig, source="The config", overrides=overrides, options=options)
    else:
        found = load(config, AdapterConfig, kind="adapters", overrides=overrides, options=options)
    keys = [key for key, value in (options or {}).items() if value is not None]
    keys += [override.partition("=")[0] for override in overrides]
    asked = {key.removeprefix("train.") for key in keys}
    return found.model_copy(update={"train": unbounded_epochs(found.train, asked)})


def load(
    name_or_path: str | Path,
    model: type[M],
    *,
    kind: str,
    overrides: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
) -> M:
    """Read a config.

    Args:
        name_or_path: A built-in config's name, or a file: what holds a slash or ends in `.yaml` or `.yml`.
        model: What it is read into.
        kind: Folder of the built-in configs: "adapters", "backbones", "grids", "studies".
        overrides: Changes as `--set` gives them, `train.epochs=5`; the value is read as YAML.
        options: Changes from other command line options, by dotted key; None means not given.

    Raises:
        ConfigError: The config has faults; all are told.
        UnknownName: There is no built-in config of that name.
        UsageError: There is no such file, or it cannot be read.
    """
    path = find(name_or_path, kind=kind)
    try:
        text = read_bounded(path, limit=MAX_CHARACTERS).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UsageError(
            f"Cannot read the config {path}: {reason}.",
            hint="Name a file that is there, or a built-in config without slash and ending.",
        ) from error
    return read(text, model, source=str(path), overrides=overrides, options=options)


def find(name_or_path: str | Path, *, kind: str) -> Path:
    """The file of a config.

    Raises:
        UnknownName: It is no path, and there is no built-in config of that name.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or "/" in text or "\\" in text or text.endswith((".yaml", ".yml")):
        return Path(name_or_path)
    known = builtin_configs(kind)
    if text not in known:
        raise UnknownName(f"built-in config ({kind})", text, known)
    return known[text]


def read(
    text: str,
    model: type[M],
    *,
    source: str,
    overrides: Sequence[str] = (),
    options: Mapping[str, object] | None = None,
) -> M:
    """Read a config from YAML text; see `load`.

    Args:
        source: What the text is called in messages.

    Raises:
        ConfigError: The config has faults; all are told.
    """
    document = parse(text, most=_MAX_VALUES)
    changes = _Changes()
    changes.add_overrides(overrides)
    changes.add_options(options or {})
    faults = [*document.faults, *changes.faults]
    tree = {} if document.value is None and not document.faults else document.value
    if not isinstance(tree, dict):
        raise ConfigError(source, faults or [f"a config is made of `key: value` lines, not {shown(tree)}"])
    for key, value in changes.values.items():
        faults.extend(_put(tree, key, value))
    checked = None
    try:
        # JSON, because pydantic's strict mode takes lists for tuples only there.
        checked = model.model_validate_json(json.dumps(tree, default=str), strict=True)
    except ValidationError as error:

        def place(key: Key) -> str:
            line = f" (line {document.lines[key]})" if key in document.lines else ""
            return changes.sources.get(dotted(key), line)

        faults.extend(faults_of(error, model=model, tree=tree, place=place))
    if faults or checked is None:
        raise ConfigError(source, faults)
    return checked


class _Changes:
    """Values from the command line, by dotted key; each key once."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.sources: dict[str, str] = {}
        self.faults: list[str] = []

    def add_overrides(self, overrides: Sequence[str]) -> None:
        for override in overrides:
            key, sign, text = override.partition("=")
            way = key.strip().split(".")
            if not sign or not all(way):
                self.faults.append(f"{override}: --set is written key=value, such as train.epochs=5")
                continue
            if len(way) > _MAX_WAY:
                self.faults.append(f"{key}: has {len(way)} parts, no key of a config has more than {_MAX_WAY}")
                continue
            value = parse(text, most=_MAX_VALUES)
            self.faults.extend(f"{key}: --set has a value that is no YAML: {fault}" for fault in value.faults)
            self._add(key.strip(), value.value, source="--set")

    def add_options(self, options: Mapping[str, object]) -> None:
        for key, value in options.items():
            if value is not None:
                self._add(key, value, source="a command line option")

    def _add(self, key: str, value: object, *, source: str) -> None:
        if key in self.values:
            self.faults.append(f"{key}: is given twice on the command line")
        self.values[key] = value
        self.sources[key] = f" ({source})"


def _put(tree: dict[str, object], key: str, value: object) -> Iterator[str]:
    """Put a value at a dotted key; what is in the way comes back as a fault."""
    *way, last = key.split(".")
    place: object = tree
    for depth, part in enumerate(way):
        if isinstance(place, dict):
            place[part] = {} if place.get(part) is None else place[part]
            place = place[part]
        elif isinstance(place, list) and _is_position(part, place):
            place = place[int(part)]
        else:
            yield f"{key}: {'.'.join(way[:depth])} is {shown(place)} and has no {part}"
            return
    if isinstance(place, dict):
        place[last] = value
    elif isinstance(place, list) and _is_position(last, place):
        place[int(last)] = value
    else:
        yield f"{key}: {'.'.join(way)} is {shown(place)} and has no {last}"


def _is_position(part: str, items: list[object]) -> bool:
    return part.isdecimal() and len(part) < 10 and int(part) < len(items)
