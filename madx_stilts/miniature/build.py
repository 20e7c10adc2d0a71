"""Writes the miniature: every data set of a world, in the layout of the real ones."""

from collections.abc import Callable, Mapping
from pathlib import Path

from madx_stilts import __version__
from madx_stilts.errors import StorageError
from madx_stilts.files import digest, read_bounded, sha256_of, written_folder
from madx_stilts.miniature.distance import distance
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.mirror import Mirror
from madx_stilts.miniature.rows import choice, linking, nli, pairs, qa, retrieval, tagging, text
from madx_stilts.miniature.studio import AMOUNTS, DOMAINS, MiniatureSize, Studio
from madx_stilts.miniature.world import Domain, MiniatureWorld
from madx_stilts.strict_json import parse
from madx_stilts.tasks.world import FORMAT, PASSPORT
from madx_stilts.zoo.leftovers import put_aside, remove

GROUPS = (nli, pairs, qa, choice, tagging, retrieval, linking, text)
"""Modules that write data sets, in the order of the work."""


def build(
    folder: Path,
    *,
    seed: int = 1,
    size: MiniatureSize = "full",
    domains: Mapping[str, Domain] = DOMAINS,
    on_batch: Callable[[int, int], None] = lambda done, batches: None,
) -> None:
    """Write all data sets of a world. The same seed, size and domains give the same bytes.

    Args:
        folder: It is written under another name first, so it is whole or not there. A miniature that is there already
            is replaced.
        size: `small` has a tenth of the rows.
        domains: Which corner of the world each task speaks of.
        on_batch: Called after each group of data sets with how many are written and how many there are. What it raises
            ends the work, and nothing is left of that.

    Raises:
        StorageError: The folder holds something else, or cannot be written.
    """
    _check(folder)
    world = MiniatureWorld(seed)
    with written_folder(folder.absolute()) as partial:
        mirror = Mirror(partial)
        studio = Studio(world, mirror, AMOUNTS[size], domains)
        for done, data_sets in enumerate(GROUPS, start=1):
            data_sets.write(studio)
            on_batch(done, len(GROUPS))
        mirror.describe()
        mirror.json(PASSPORT, {**passport(world, size), "content": _content(partial)})
        # Not removed where it is: a crash would leave a part of it, which is no miniature for the next build.
        old = put_aside(folder.absolute())
    remove(old)


def passport(world: MiniatureWorld, size: MiniatureSize) -> Mapping[str, object]:
    """What the folder is: a miniature of which world, with which languages; all that is known before it is written."""
    languages = [
        {
            "code": language.code,
            "name": language.name,
            "script": language.script.code,
            "seen": language.seen,
            "distance": round(distance(world, SOURCE, language.code), 4),
        }
        for language in CONSTRUCTED.values()
    ]
    return {
        "format": FORMAT,
        "name": "miniature",
        "version": __version__,
        "note": "A constructed world in constructed languages. No score on it can be compared with one on real data.",
        "seed": world.seed,
        "size": size,
        "source": SOURCE,
        "languages": languages,
    }


def _content(folder: Path) -> str:
    """One sum over all files, so that whoever knows the passport knows the bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest({path.relative_to(folder).as_posix(): sha256_of(path) for path in files})


def _check(folder: Path) -> None:
    """Refuse to replace what is not a miniature."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        found = parse(read_bounded(folder / PASSPORT, limit=2**20))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict) or found.get("name") != "miniature":
        raise StorageError(
            f"{folder} is there already and is not a miniature.", hint="Name a folder that does not exist yet."
        )
