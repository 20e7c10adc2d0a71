"""Where an adapter is published, `hub:owner/name[@revision]`, and what a backbone is called there."""

import re
from dataclasses import dataclass
from typing import Final

from madx_stilts.config import BackboneConfig, load
from madx_stilts.errors import UsageError
from madx_stilts.resources import builtin_configs

HUB: Final = "hub:"


@dataclass(frozen=True)
class Address:
    """A repository on the hub.

    Args:
        repository: `owner/name`.
        revision: Branch, tag or commit; empty: the main branch.
    """

    repository: str
    revision: str = ""

    _PATTERN = re.compile(r"hub:(?P<repository>[\w-][\w.-]*/[\w-][\w.-]*)(?:@(?P<revision>[\w-][\w./-]*))?")

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address.

        Raises:
            UsageError: It is not of the form `hub:owner/name[@revision]`.
        """
        match = cls._PATTERN.fullmatch(text)
        if match is None or ".." in text or "--" in text:
            raise UsageError(
                f"{text!r} is no repository on the hub.", hint="Write hub:owner/name or hub:owner/name@revision."
            )
        return cls(match["repository"], match["revision"] or "")

    def __str__(self) -> str:
        return f"{HUB}{self.repository}" + (f"@{self.revision}" if self.revision else "")


def base_model(name: str, told: str | None) -> str:
    """What a backbone is called on the hub; empty if that is not known.

    Args:
        name: As its user called it: a short name, `owner/name`, or a folder's name.
        told: What the user says that it is called there, which counts.

    Raises:
        UsageError: What the user says is not of the form `owner/name`.
    """
    if told is not None:
        if not _ID.fullmatch(told):
            raise UsageError(f"{told!r} is no model on the hub.", hint="Write owner/name.")
        return told
    if name in builtin_configs("backbones"):
        name = load(name, BackboneConfig, kind="backbones").model
    return name if _ID.fullmatch(name) else ""


_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
