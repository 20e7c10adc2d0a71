"""A folder that is sent to the hub: only what is not there yet, never over another adapter."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import ModelInfo, RepoSibling

from madx_stilts.card import Card
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.files import sha256_of
from madx_stilts.hub.address import Address
from madx_stilts.hub.connection import told
from madx_stilts.hub.pull import COLLECTION
from madx_stilts.zoo.folder import LINEAGE, listing, places_of
from madx_stilts.zoo.layer import CARD

_SETUP: Final = frozenset({"adapter_config.json", "adapter_setup.json"})
"""Files that make a repository one of adapters."""


@dataclass(frozen=True)
class Wish:
    """How a folder is published.

    Args:
        private: Whether only its owner may see a repository that is made.
        create_pr: Whether it is only proposed, as a pull request.
    """

    private: bool = False
    create_pr: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was done.

    Args:
        sent: Files that the hub did not have.
        kept: Files that it had, with equal checksums.
        url: Of the commit or the pull request; empty if nothing was sent.
    """

    sent: tuple[str, ...]
    kept: tuple[str, ...]
    url: str


def publish(api: HfApi, folder: Path, address: Address, wish: Wish, *, message: str) -> Outcome:
    """Send a folder to a repository, which is made if there is none. What is sent appears there all at once.

    Raises:
        AdapterError: The hub cannot be reached or refuses, or another adapter is there.
        UsageError: It is to be private, and the repository is public.
    """
    with told(address, doing="cannot be written to"):
        there = _look(api, address)
        remote = _files(there)
        if there is not None and wish.private and there.private is False:
            raise UsageError(f"{address} is public already.", hint="Leave out --private, or name another repository.")
        names = listing(folder)
        sent = [name for name in names if not _is_equal(folder / name, remote.get(name))]
        kept = tuple(name for name in names if name not in sent)
        if not sent:
            return Outcome((), kept, "")
        if not wish.create_pr:
            _refuse_others(api, address, folder, remote, names)
        _prepare(api, address, wish, exists=there is not None)
        done = api.create_commit(
            address.repository,
            [
                *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in sent),
                *(CommitOperationDelete(path_in_repo=name) for name in _stale(remote, names)),
            ],
            commit_message=message,
            revision=address.revision or None,
            create_pr=wish.create_pr,
        )
        return Outcome(tuple(sent), kept, done.pr_url or done.commit_url)


def _look(api: HfApi, address: Address) -> ModelInfo | None:
    """What a repository holds at a revision, or where that is missing, on its main branch; none without one."""
    try:
        return api.model_info(address.repository, revision=address.revision or None, files_metadata=True)
    except RevisionNotFoundError:
        return api.model_info(address.repository, files_metadata=True)
    except RepositoryNotFoundError:
        return None


def _files(info: ModelInfo | None) -> dict[str, RepoSibling]:
    return {one.rfilename: one for one in (info.siblings or [] if info else [])}


def _is_equal(path: Path, remote: RepoSibling | None) -> bool:
    """Whether the hub has the same bytes: it knows large files by sha256, others as git does."""
    if remote is None:
        return False
    if remote.lfs is not None:
        return remote.lfs.sha256 == sha256_of(path)
    content = path.read_bytes()
    return remote.blob_id == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _prepare(api: HfApi, address: Address, wish: Wish, *, exists: bool) -> None:
    if not exists:
        api.create_repo(address.repository, private=wish.private, exist_ok=True)
    if address.revision and not address.revision.startswith("refs/pr/"):
        api.create_branch(address.repository, branch=address.revision, exist_ok=True)


def _refuse_others(
    api: HfApi, address: Address, folder: Path, remote: Mapping[str, RepoSibling], names: Sequence[str]
) -> None:
    """Refuse to write over adapters that are not the ones in the folder."""
    there, here = _own_places(remote), _own_places(names)
    foreign = not there and bool(_SETUP & remote.keys())
    listing_others = COLLECTION in remote and COLLECTION not in names
    unlike = bool(there) and there != here
    if foreign or listing_others or unlike or (there == here == {""} and _other(api, address, folder)):
        raise AdapterError(
            f"{address} holds something else already.",
            hint="Name another repository or --revision, or propose the change with --create-pr.",
        )


def _own_places(names: Iterable[str]) -> set[str]:
    return {place for place in places_of(names) if not place.startswith(f"{LINEAGE}/")}


def _other(api: HfApi, address: Address, folder: Path) -> bool:
    with TemporaryDirectory() as temporary:
        path = api.hf_hub_download(address.repository, CARD, revision=address.revision or None, local_dir=temporary)
        there = Card.from_json(Path(path).read_bytes(), source=f"{CARD} of {address}")
    return there.id != Card.from_json((folder / CARD).read_bytes()).id


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
