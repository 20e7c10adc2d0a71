"""A folder that is sent to the hub: only what is not there yet, never over another adapter."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.files import sha256_of
from madx_stilts.hub.address import Address
from madx_stilts.hub.connection import told
from madx_stilts.hub.pull import COLLECTION
from madx_stilts.hub.remote import Remote, RemoteFile, download, look_if_there
from madx_stilts.zoo.agreement import weights_of
from madx_stilts.zoo.exchange import MAX_CARD_BYTES, read_card
from madx_stilts.zoo.folder import LINEAGE, listing, places_of
from madx_stilts.zoo.layer import CARD

_SETUP: Final = frozenset({"adapter_config.json", "adapter_setup.json"})
"""Files that make a repository one of adapters."""


@dataclass(frozen=True)
class UploadOptions:
    """Options of an upload.

    Args:
        private: Whether only its owner may see a repository that is made.
        create_pr: Whether it is only proposed, as a pull request.
    """

    private: bool = False
    create_pr: bool = False


@dataclass(frozen=True)
class Upload:
    """Result of an upload.

    Args:
        sent: Files that the hub did not have.
        kept: Files that it had, with equal checksums.
        url: Of the commit or the pull request; empty if nothing was sent.
    """

    sent: tuple[str, ...]
    kept: tuple[str, ...]
    url: str


def publish(api: HfApi, folder: Path, address: Address, request: UploadOptions, *, message: str) -> Upload:
    """Send a folder to a repository, which is made if there is none. What is sent appears there all at once.

    Raises:
        AdapterError: The hub cannot be reached or refuses, or another adapter is there.
        UsageError: It is to be private, and the repository is public.
    """
    names = listing(folder)
    size = sum((folder / name).stat().st_size for name in names)
    with told(address, doing="cannot be written to", size=size):
        there = look_if_there(api, address)
        remote = there.files if there else {}
        if there is not None and request.private and there.private is False:
            raise UsageError(f"{address} is public already.", hint="Leave out --private, or name another repository.")
        sent = [name for name in names if not _is_equal(folder / name, remote.get(name))]
        kept = tuple(name for name in names if name not in sent)
        if not sent:
            return Upload((), kept, "")
        if not request.create_pr:
            _refuse_others(address, folder, there, names)
        _prepare(api, address, request, exists=there is not None)
        done = api.create_commit(
            address.repository,
            [
                *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in sent),
                *(CommitOperationDelete(path_in_repo=name) for name in _stale(remote, names)),
            ],
            commit_message=message,
            revision=address.revision or None,
            create_pr=request.create_pr,
        )
        return Upload(tuple(sent), kept, done.pr_url or done.commit_url)


def _is_equal(path: Path, remote: RemoteFile | None) -> bool:
    """Whether the hub has the same bytes: it knows large files by sha256, others as git does."""
    if remote is None:
        return False
    if remote.sha256:
        return remote.sha256 == sha256_of(path)
    content = path.read_bytes()
    return remote.blob == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _prepare(api: HfApi, address: Address, request: UploadOptions, *, exists: bool) -> None:
    if not exists:
        api.create_repo(address.repository, private=request.private, exist_ok=True)
    if address.revision and not address.revision.startswith("refs/pr/"):
        api.create_branch(address.repository, branch=address.revision, exist_ok=True)


def _refuse_others(address: Address, folder: Path, there: Remote | None, names: Sequence[str]) -> None:
    """Refuse to write over adapters that are not the ones in the folder, or have other weights."""
    if there is None:
        return
    remote = there.files
    before, now = _own_places(remote), _own_places(names)
    foreign = not before and bool(_SETUP & remote.keys())
    listing_others = COLLECTION in remote and COLLECTION not in names
    same = set(places_of(remote)) & set(places_of(names))
    if foreign or listing_others or (before and before != now) or _others(address, folder, there, same):
        raise AdapterError(
            f"{address} holds something else already.",
            hint="Name another repository or --revision, or propose the change with --create-pr.",
        )


def _own_places(names: Iterable[str]) -> set[str]:
    return {place for place in places_of(names) if not place.startswith(f"{LINEAGE}/")}


def _others(address: Address, folder: Path, there: Remote, places: Iterable[str]) -> bool:
    """Whether another adapter is in one of these places.

    Raises:
        AdapterError: It is the same one with other weights, or its card cannot be read.
    """
    with TemporaryDirectory() as temporary:
        for place in sorted(places):
            name = f"{place}/{CARD}" if place else CARD
            if there.files[name].size > MAX_CARD_BYTES:
                return True
            target = Path(temporary, name)
            download(address, there.commit, name, size=there.files[name].size, target=target)
            theirs, ours = read_card(target, source=str(address)), read_card(folder / name, source=str(folder))
            if theirs.id != ours.id:
                return True
            if weights_of(theirs) != weights_of(ours):
                raise AdapterError(
                    f"{address} has {ours.name} already, with other weights than yours.",
                    hint="Find out which one you trust. Name another repository or --revision, or propose the change "
                    "with --create-pr.",
                )
    return False


def _stale(remote: Iterable[str], names: Iterable[str]) -> list[str]:
    """Files of adapters that are there and are not any more in what is published."""
    places, now = places_of(remote), set(names)
    ours = {f"{place}/" if place else "" for place in places}
    return [
        name
        for name in remote
        if name not in now
        and any(name.startswith(place) for place in ours if place or "/" not in name)
        and Path(name).suffix in {".json", ".jsonl", ".safetensors", ".bin"}
    ]
