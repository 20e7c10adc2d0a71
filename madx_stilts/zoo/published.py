"""What was published where: a small file in the zoo for each adapter and place, so that pruning keeps it. No torch.

published/<id>/<sum of the place>.json
"""

from collections.abc import Iterator
from pathlib import Path

from madx_stilts.card import now
from madx_stilts.files import canonical_json, digest, read_bounded, write_whole
from madx_stilts.locks import held
from madx_stilts.strict_json import parse
from madx_stilts.zoo.fault import ZooFault
from madx_stilts.zoo.layer import ID, Layer, children

_FOLDER = "published"
_LARGEST = 100_000
"""Bytes of such a file."""
_WAIT = 600.0
"""Seconds to wait for a process that adds or prunes the adapter."""
UNKNOWN = "a place that its damaged note does not name"


def note_published(root: Path, id: str, place: str) -> None:
    """Remember that an adapter was published.

    Args:
        root: The zoo's folder.
        place: As `hub:owner/name`, or the folder of another zoo.

    Raises:
        StorageError: The zoo cannot be written to.
    """
    busy = f"Another process has been changing the adapter {id} for {_WAIT:.0f} seconds."
    with held(Layer(root).lock("adding", id), busy=busy, wait_seconds=_WAIT):
        write_whole(root / _FOLDER / id / f"{digest(place)[:16]}.json", canonical_json({"to": place, "at": now()}))


def published(root: Path) -> dict[str, list[str]]:
    """Where adapters were published, by id. A damaged note still says that its adapter was."""
    found: dict[str, list[str]] = {}
    for folder in children(root / _FOLDER):
        if ID.fullmatch(folder.name):
            notes = sorted({_place(path) or UNKNOWN for path in children(folder)})
            # A folder without a note was made for one that did not get so far; a file says that something was meant.
            found |= {folder.name: notes} if notes else {} if folder.is_dir() else {folder.name: [UNKNOWN]}
    return found


def published_faults(root: Path) -> Iterator[ZooFault]:
    """What is wrong with these notes."""
    for folder in children(root / _FOLDER):
        if not ID.fullmatch(folder.name) or not folder.is_dir():
            yield ZooFault(folder, "is no note of what was published: expected published/<id>/<sum>.json.")
            continue
        for path in children(folder):
            if path.suffix != ".json" or _place(path) is None:
                yield ZooFault(path, "is damaged: it does not say where the adapter was published.")


def _place(path: Path) -> str | None:
    """The place that a note names; None if it is damaged."""
    try:
        content = parse(read_bounded(path, limit=_LARGEST))
    except (OSError, ValueError):
        return None
    place = content.get("to") if isinstance(content, dict) else None
    return place if isinstance(place, str) else None
