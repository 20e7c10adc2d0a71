"""Adapters on their way to others: chosen, written, shown or sent. Importing this module loads torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.cli.giving_options import ExportOptions, PublishOptions
from madx_stilts.cli.output import echo
from madx_stilts.cli.picking import Picked, stack_of
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import StorageError, UsageError
from madx_stilts.files import sha256_of, told_as_storage, written_folder
from madx_stilts.hub.address import Address
from madx_stilts.hub.bundle import README, SETUP, Press, write_adapter, write_stack
from madx_stilts.hub.collection import member_address, write_collection
from madx_stilts.hub.connection import connect
from madx_stilts.hub.publish import Wish, publish
from madx_stilts.hub.results import read_results
from madx_stilts.hub.story import Story
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.exchange import copy_lineage, to_copy
from madx_stilts.zoo.folder import listing
from madx_stilts.zoo.layer import CARD, may_become_zoo
from madx_stilts.zoo.lookup import references
from madx_stilts.zoo.published import note_published
from madx_stilts.zoo.store import Zoo


@dataclass(frozen=True)
class Parcel:
    """A folder that is ready to be sent."""

    title: str
    address: Address
    folder: Path
    refs: Sequence[AdapterRef]


def pack(zoo: Zoo, picked: Picked, address: Address, given: PublishOptions, handle: Callable[[Parcel], None]) -> None:
    """Write what was picked into folders, one after another, and hand each over; then it is removed."""
    results = read_results(given.scores)

    def write(ref: AdapterRef, to: Address, folder: Path) -> Story:
        return write_adapter(Press(zoo, given.base_model, to.repository, results), ref, folder)

    if picked.stack is not None:
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_stack(Press(zoo, given.base_model, address.repository, results), picked.stack, folder)
            handle(Parcel(str(picked.stack), address, folder, picked.refs))
        return
    stories = {}
    for ref in picked.refs:
        to = member_address(address, ref) if picked.listed else address
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            stories[to] = write(ref, to, folder)
            handle(Parcel(str(ref), to, folder, [ref]))
    if picked.listed:
        with TemporaryDirectory() as temporary:
            write_collection(Path(temporary), address.repository, stories)
            handle(Parcel(f"the list of {len(stories)} adapters", address, Path(temporary), []))


def print_parcel(parcel: Parcel, *, as_json: bool) -> dict[str, object]:
    """Show all that would be sent, and tell it for programs."""
    sizes = {name: (parcel.folder / name).stat().st_size for name in listing(parcel.folder)}
    page = (parcel.folder / README).read_text(encoding="utf-8")
    if not as_json:
        width = max(map(len, sizes))
        lines = [f"  {name.ljust(width)}  {size:>12,} bytes" for name, size in sizes.items()]
        echo(f"{parcel.title} would become {parcel.address}:\n\n" + "\n".join(lines) + f"\n\n{README}:\n\n{page}")
    files = [{"name": name, "bytes": size, "sha256": sha256_of(parcel.folder / name)} for name, size in sizes.items()]
    return {"to": str(parcel.address), "refs": [str(ref) for ref in parcel.refs], "files": files, "readme": page}


def send(settings: Settings, parcel: Parcel, wish: Wish, *, as_json: bool) -> dict[str, object]:
    """Send a folder, remember that it was sent, and tell what was done."""
    api = connect(offline=settings.offline)
    done = publish(api, parcel.folder, parcel.address, wish, message=f"{parcel.title}, with madx-stilts")
    for ref in parcel.refs:
        note_published(settings.zoo, ref.id, str(parcel.address))
    if not as_json:
        there = f", {len(done.kept)} were there already" if done.kept else ""
        text = f"{len(done.sent)} files sent{there}" if done.sent else "all of it was there already"
        echo(f"{parcel.address}: {text}" + (f"\n  {done.url}" if done.url else ""))
    return {
        "to": str(parcel.address),
        "refs": [str(ref) for ref in parcel.refs],
        "sent": list(done.sent),
        "kept": list(done.kept),
        "url": done.url,
    }


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


def write_out(zoo: Zoo, texts: str, folder: Path, given: ExportOptions) -> list[str]:
    """Write an adapter, or a stack, into a new folder, and tell its files. One that holds just that already stays.

    Raises:
        StorageError: The folder is not empty, or cannot be written.
    """
    press = Press(zoo, given.base_model, results=read_results(given.scores))
    several = len(references(texts)) > 1
    stack = stack_of(zoo, texts) if several else None
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
