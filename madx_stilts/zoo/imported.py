"""Where adapters came from that were not trained in a zoo: a small file in the zoo for each. No torch.

imported/<id>.json
"""

from pathlib import Path
from typing import Final

from madx_stilts.card import now
from madx_stilts.files import canonical_json, read_bounded, told_as_storage, write_whole
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo.layer import ID
from madx_stilts.zoo.store import Zoo

_FOLDER: Final = "imported"
_MAX_BYTES: Final = 100_000
_NOT_KNOWN: Final = "a place that is not known any more"


def note_imported(root: Path, id: str, source: str) -> None:
    """Remember that an adapter came from others. Call it before the adapter is added, so that no kill loses it.

    Args:
        root: The zoo's folder.
        source: As `hub:owner/name@commit`, or a folder.

    Raises:
        StorageError: The zoo cannot be written to.
    """
    write_whole(_record(root, id), canonical_json({"from": source[:1000], "at": now()}))


def forget_imported(root: Path, id: str) -> None:
    """Remember no longer that an adapter came from others: it was trained here, or is gone.

    Raises:
        StorageError: The zoo cannot be written to.
    """
    path = _record(root, id)
    with told_as_storage(path):
        path.unlink(missing_ok=True)


def imported_from(root: Path, id: str) -> str | None:
    """Where an adapter of this zoo came from; None: it was trained here, as far as is known."""
    try:
        content = parse(read_bounded(_record(root, id), limit=_MAX_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (JsonError, OSError):  # cut short or changed: it still says that the adapter was not trained here
        return _NOT_KNOWN
    source = content.get("from") if isinstance(content, dict) else None
    return source if isinstance(source, str) and source else _NOT_KNOWN


def origin_of(zoo: Zoo, id: str) -> str | None:
    """Where an adapter of any layer came from; None: it was trained there, or comes with the package.

    Raises:
        AdapterError: There is no such adapter.
    """
    return imported_from(zoo.root_of(id), id)


def _record(root: Path, id: str) -> Path:
    if not ID.fullmatch(id):
        raise ValueError(f"{id!r} is no id of an adapter")
    return root / _FOLDER / f"{id}.json"
