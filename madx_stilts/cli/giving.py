"""Adapters given to others: copied to another zoo or written into a folder. Importing this module loads torch."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from madx_stilts.api.publication import Publication
from madx_stilts.api.references import standing_stack
from madx_stilts.cli.giving_options import ExportArguments
from madx_stilts.cli.output import echo
from madx_stilts.errors import StorageError, UsageError
from madx_stilts.files import sha256_of, told_as_storage, written_folder
from madx_stilts.hub.card_writer import README, SETUP, CardWriter, write_adapter, write_stack
from madx_stilts.hub.results import read_results
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.exchange import copy_lineage, to_copy
from madx_stilts.zoo.folder import listing
from madx_stilts.zoo.layer import CARD, may_become_zoo
from madx_stilts.zoo.lookup import references
from madx_stilts.zoo.store import Zoo


def print_publication(made: Publication, *, dry_run: bool) -> None:
    """Print what was sent; of a dry run all that would be."""
    if dry_run:
        width = max(len(file.name) for file in made.files)
        lines = "\n".join(f"  {file.name.ljust(width)}  {file.bytes:>12,} bytes" for file in made.files)
        echo(f"{made.title} would become {made.address}:\n\n{lines}\n\n{README}:\n\n{made.page}")
        return
    there = f", {len(made.kept)} were there already" if made.kept else ""
    text = f"{len(made.sent)} files sent{there}" if made.sent else "all of it was there already"
    echo(f"{made.address}: {text}" + (f"\n  {made.url}" if made.url else ""))


def publication_facts(made: Publication, *, dry_run: bool) -> dict[str, object]:
    """The same for programs."""
    facts: dict[str, object] = {"to": str(made.address), "refs": [str(ref) for ref in made.refs]}
    if dry_run:
        return facts | {"files": [asdict(file) for file in made.files], "readme": made.page}
    return facts | {"sent": list(made.sent), "kept": list(made.kept), "url": made.url}


def copy_all(zoo: Zoo, refs: Sequence[AdapterRef], folder: Path, *, dry_run: bool) -> list[dict[str, str]]:
    """Copy adapters with their lineage into another zoo, and tell what was done."""
    if not may_become_zoo(folder):
        raise UsageError(f"{folder} is no zoo, and not empty.", hint="Name a zoo or an empty folder.")
    other, told = Zoo([folder]), []
    if not dry_run:
        other.sweep()
    for ref in refs:
        if dry_run:
            missing = len(to_copy(zoo, ref, other).new)
            done = f"{_count(missing)} would be copied" if missing else "it is there already, with its lineage"
        else:
            new = copy_lineage(zoo, ref, other)
            done = f"{_count(len(new))} copied" if new else "it was there already, with its lineage"
        told.append({"ref": str(ref), "to": str(folder), "done": done})
    return told


def write_out(zoo: Zoo, texts: str, folder: Path, given: ExportArguments) -> list[str]:
    """Write an adapter, or a stack, into a new folder, and tell its files. One that holds just that already stays.

    Raises:
        StorageError: The folder is not empty, or cannot be written.
    """
    press = CardWriter(zoo, given.base_model, results=read_results(given.scores))
    several = len(references(texts)) > 1
    stack = standing_stack(zoo, texts) if several else None
    ref = zoo.find(texts) if not several else None
    folder = folder.resolve()
    there = _present(folder)
    # What an interrupted command wrote whole is found equal below; anything else is told before work begins.
    if there and not {CARD, SETUP} & {*there}:
        raise _not_empty(folder)
    ids = [one.id for one in (stack.refs if stack else [ref] if ref else [])]
    with zoo.holding(ids), written_folder(folder) as target:
        if stack is not None:
            write_stack(press, stack, target)
        elif ref is not None:
            write_adapter(press, ref, target)
        if there and _sums(target) != _sums(folder):
            raise _not_empty(folder)
    return listing(folder)


def _present(folder: Path) -> list[str]:
    with told_as_storage(folder):
        return [path.name for path in folder.iterdir()] if folder.exists() else []


def _sums(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in listing(folder)}


def _not_empty(folder: Path) -> StorageError:
    return StorageError(f"{folder} is not empty.", hint="Name a new folder.")


def _count(adapters: int) -> str:
    return f"{adapters} adapter{'' if adapters == 1 else 's'}"
