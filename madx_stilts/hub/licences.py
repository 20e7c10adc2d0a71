"""The licence of an adapter, as far as those of its training data decide it. Words for people, keys for the hub."""

import re
from collections.abc import Iterable
from typing import Final, Literal

LicenceKind = Literal["free", "named", "alike", "limited"]

KNOWN: Final[dict[str, LicenceKind]] = {
    "cc0-1.0": "free",
    "mit": "named",
    "apache-2.0": "named",
    "bsd-2-clause": "named",
    "bsd-3-clause": "named",
    "cc-by-2.0": "named",
    "cc-by-3.0": "named",
    "cc-by-4.0": "named",
    "cc-by-sa-3.0": "alike",
    "cc-by-sa-4.0": "alike",
    "cc-by-nc-4.0": "limited",
    "cc-by-nc-sa-4.0": "limited",
}
"""Licences by the hub's key: what nothing is asked for, a name, the same licence, or no commercial use."""
OTHER: Final = "other"
CONSTRUCTED: Final = "constructed, apache-2.0"


def licence_key(licences: Iterable[str]) -> str:
    """The hub's key of a licence that all of these allow; `other` if none is known to be.

    Where all are known, the strictest counts: it is one of them. Two that both ask for themselves do not go together.

    Args:
        licences: As cards say them, several separated by semicolons.
    """
    keys = {_key(part) for text in licences for part in text.split(";") if part.strip()}
    if not keys or not all(key in KNOWN for key in keys):
        return OTHER
    strict = sorted(key for key in keys if KNOWN[key] in ("alike", "limited"))
    if len(strict) > 1:
        return OTHER
    if strict:
        return strict[0]
    named = sorted(key for key in keys if KNOWN[key] == "named")
    if len(named) > 1:
        return OTHER
    return named[0] if named else min(keys)


def _key(text: str) -> str:
    found = re.sub(r"\s+", "-", text.strip().casefold())
    return "apache-2.0" if text.strip().casefold().startswith(CONSTRUCTED) else found
