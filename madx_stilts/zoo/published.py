"""What was published where: a small file in the zoo for each adapter and place, so that pruning keeps it. No torch.

published/<id>/<sum of the place>.json
"""

import json
from pathlib import Path

from madx_stilts.card import now
from madx_stilts.files import canonical_json, digest, write_whole
from madx_stilts.zoo.layer import ID, children

_FOLDER = "published"


def note_published(root: Path, id: str, place: str) -> None:
    """Remember that an adapter was published.

    Args:
        root: The zoo's folder.
        place: As `hub:owner/name`, or the folder of another zoo.

    Raises:
        StorageError: The zoo cannot be written to.
    """
    write_whole(root / _FOLDER / id / f"{digest(place)[:16]}.json", canonical_json({"to": place, "at": now()}))


def published(root: Path) -> dict[str, list[str]]:
    """Where adapters were published, by id."""
    found: dict[str, list[str]] = {}
    for folder in children(root / _FOLDER):
        if ID.fullmatch(folder.name):
            files = (path for path in children(folder) if path.suffix == ".json")
            found[folder.name] = sorted(str(json.loads(path.read_text(encoding="utf-8"))["to"]) for path in files)
    return found
