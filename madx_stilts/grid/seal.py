"""JSON texts with a checksum of their own content, so that one that was cut or edited is known. No torch."""

from collections.abc import Mapping
from typing import Any, Final

from madx_stilts.files import canonical_json, digest

SUM: Final = "sha256"
"""The key of the checksum: the digest of all other keys as canonical JSON."""


def sealed(tree: Mapping[str, object]) -> str:
    """The one JSON text of an object, with its checksum."""
    return canonical_json({**tree, SUM: digest(tree)})


def is_whole(tree: dict[str, Any]) -> bool:
    """Take the checksum out of an object that was read, and say whether it is that of the rest."""
    told = tree.pop(SUM, None)
    try:
        return bool(told == digest(tree))
    except ValueError:  # NaN, which nothing sealed holds
        return False
