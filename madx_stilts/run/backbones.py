"""What a grid's name of a backbone means: a built-in short name, a folder, or a name on the hub. No torch."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from madx_stilts.backbone_files import backbone_folder, config_of, known_config
from madx_stilts.config import BackboneConfig, load
from madx_stilts.errors import UnknownName, UsageError, brief
from madx_stilts.positions import ModelLimits
from madx_stilts.resources import builtin_configs

_LONGEST = 200
"""Characters of `owner/name`; the hub takes 96 for each of the two."""


@dataclass(frozen=True)
class Origin:
    """Where a backbone is from.

    Args:
        name: What cards call it.
        source: A folder, or `owner/name` on the hub.
        revision: Commit or branch on the hub.
    """

    name: str
    source: str
    revision: str = "main"

    @property
    def folder(self) -> Path | None:
        """The folder it is in; none if it is on the hub."""
        return Path(self.source) if os.path.isdir(self.source) else None

    def located(self, *, offline: bool, say: Callable[[str], None]) -> Path:
        """The folder with its files, downloaded if need be; see `backbone_folder`.

        Raises:
            BackboneError: It cannot be had.
        """
        return backbone_folder(self.name, self.source, revision=self.revision, offline=offline, say=say)


def extent_of(name: str, *, offline: bool) -> ModelLimits:
    """How large the backbone of that name is, as far as its config is here.

    Args:
        offline: Open no connection; otherwise a config that is not here is downloaded, alone.

    Raises:
        BackboneError: Its config is damaged.
        UsageError: There is no such backbone.
    """
    origin = origin_of(name)
    return ModelLimits.of(origin.name, known_config(origin.source, origin.revision, offline=offline) or {})


def extent_in(folder: Path, name: str) -> ModelLimits:
    """How large the backbone in a folder is.

    Raises:
        BackboneError: Its config is missing or damaged.
    """
    return ModelLimits.of(name, config_of(folder))


def origin_of(name: str) -> Origin:
    """Where the backbone of that name is from.

    Raises:
        UsageError: It is neither a known name nor a folder nor of the form `owner/name`.
    """
    if name in builtin_configs("backbones"):
        config = load(name, BackboneConfig, kind="backbones")
        return Origin(name, config.source, config.revision)
    if os.path.isdir(name):  # unlike `Path.is_dir`, also where the name is too long to be one
        return Origin(Path(name).resolve().name, name)
    if name.count("/") == 1 and len(name) <= _LONGEST and not name.startswith((".", "/")):
        return Origin(name, name)
    raise UsageError(
        f"There is no backbone {brief(name, _LONGEST)!r}: it is no short name, no folder here, and not of the form "
        "owner/name.",
        hint=UnknownName("backbone", name, builtin_configs("backbones")).hint,
    )
