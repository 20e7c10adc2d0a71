"""A repository of the hub, fetched into a folder: only the files that are needed, each under a name that is safe."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huggingface_hub import HfApi

from madx_stilts.errors import AdapterError, StorageError
from madx_stilts.hub.address import Address
from madx_stilts.hub.connection import told
from madx_stilts.hub.remote import RemoteFile, download, look
from madx_stilts.zoo.exchange import MAX_CARD_BYTES, REFERENCE, FolderAdapter, read_member
from madx_stilts.zoo.folder import places_of, refuse_unsafe
from madx_stilts.zoo.layer import CARD

FOREIGN: Final = (
    ("adapter_config.json",),
    ("adapter.safetensors", "pytorch_adapter.bin"),
    ("head_config.json",),
    ("model_head.safetensors", "pytorch_model_head.bin"),
)
"""What is fetched of an adapter without a card: of each, the first that is there."""
NEEDED: Final = 2
"""So many of these must be there: the others are its head."""
MAX_PAGE_BYTES: Final = 1_000_000
"""Of a README: a larger one is not read."""
README: Final = "README.md"
COLLECTION: Final = "collection.json"
"""In which a repository lists others."""


@dataclass(frozen=True)
class Fetched:
    """Files fetched from a repository.

    Args:
        source: The repository at the commit that the revision stood for.
        members: Adapters with cards.
        foreign: The files of an adapter without a card.
        others: The repository only lists others, in the file `COLLECTION`.
    """

    source: str
    members: Sequence[FolderAdapter] = ()
    foreign: Sequence[str] = ()
    others: bool = False


def fetch(api: HfApi, address: Address, folder: Path) -> Fetched:
    """Fetch what a repository holds for us into an empty folder.

    Raises:
        AdapterError: It cannot be read, holds no adapter, or has names that lead out of a folder.
        StorageError: There is not enough space.
    """
    with told(address, doing="cannot be read"):
        remote = look(api, address)
    refuse_unsafe(remote.files, source=str(address))
    desk = _Desk(address, remote.commit, folder, remote.files)
    places = places_of(remote.files)
    papers = [f"{place}/{name}" if place else name for place in places for name in (CARD, REFERENCE)]
    desk.fetch(papers, limit=MAX_CARD_BYTES)
    members = [read_member(folder, place, source=str(address)) for place in places]
    source = f"hub:{address.repository}@{remote.commit}"
    if members:
        desk.fetch([member.path(name) for member in members for name in member.card.files])
        return Fetched(source, members)
    if COLLECTION in remote.files:
        desk.fetch([COLLECTION], limit=MAX_CARD_BYTES)
        return Fetched(source, others=True)
    foreign = foreign_files(remote.files, source=str(address))
    desk.fetch(foreign)
    if README in remote.files and remote.files[README].size <= MAX_PAGE_BYTES:
        desk.fetch([README])
    return Fetched(source, foreign=foreign)


@dataclass(frozen=True)
class _Desk:
    """Fetches files of one commit."""

    address: Address
    commit: str
    folder: Path
    files: Mapping[str, RemoteFile]

    def fetch(self, names: Iterable[str], *, limit: int | None = None) -> None:
        names = list(dict.fromkeys(names))
        for name in names:
            if name not in self.files:
                raise AdapterError(f"{self.address} lacks {name}.", hint="It was not published whole.")
            if limit is not None and self.files[name].size > limit:
                raise AdapterError(f"{name} of {self.address} is far too large.", hint="Nothing was written.")
        needed, free = sum(self.files[name].size for name in names), shutil.disk_usage(self.folder).free
        if needed > free:
            raise StorageError(
                f"{self.address} takes {needed:,} bytes, and {self.folder} has {free:,}.", hint="Free some space."
            )
        with told(self.address, doing="cannot be read", size=needed):
            for name in names:
                size = self.files[name].size
                download(self.address, self.commit, name, size=size, target=self.folder / name)


def foreign_files(there: Iterable[str], *, source: str) -> list[str]:
    """The files of an adapter without a card.

    Raises:
        AdapterError: There are none.
    """
    known = set(there)
    if "adapter_setup.json" in known:
        raise AdapterError(
            f"{source} is a whole stack without cards, which this package does not import.",
            hint="Its adapters may be published one by one too.",
        )
    found = [next((name for name in names if name in known), "") for names in FOREIGN]
    if not all(found[:NEEDED]):
        raise AdapterError(
            f"{source} holds no adapter of the `adapters` library.",
            hint="It needs adapter_config.json and adapter.safetensors or pytorch_adapter.bin. "
            "Adapters of peft are another kind.",
        )
    whole = all(found[NEEDED:])
    return found if whole else found[:NEEDED]
