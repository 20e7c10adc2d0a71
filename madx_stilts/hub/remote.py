"""What a repository on the hub holds, and its files: read within bounds, whatever the hub sends."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import quote

import requests
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status
from requests.exceptions import ChunkedEncodingError

from madx_stilts.errors import AdapterError
from madx_stilts.files import told_as_storage
from madx_stilts.hub.address import Address
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo.folder import MAX_FILES

MAX_LISTING_BYTES: Final = 20_000_000
LARGEST: Final = 1 << 40
"""Bytes of one file; a hub that claims more is not believed."""
_ATTEMPTS: Final = 3
"""Connections that may drop in the middle of one file before that is an error."""
_CHUNK: Final = 1 << 16


@dataclass(frozen=True)
class RemoteFile:
    """A file on the hub.

    Args:
        size: In bytes.
        sha256: Of a large file; empty: not known.
        blob: Its sum as git has it; empty: not known.
    """

    size: int
    sha256: str
    blob: str


@dataclass(frozen=True)
class Remote:
    """A repository at one commit.

    Args:
        private: None: not known.
    """

    commit: str
    private: bool | None
    files: Mapping[str, RemoteFile]


def look(api: HfApi, address: Address) -> Remote:
    """What a repository holds at a revision.

    Raises:
        AdapterError: The hub sends no list of files, or one that is malformed or far too large.
        requests.RequestException: It cannot be reached, or refuses.
    """
    revision = f"/revision/{quote(address.revision, safe='')}" if address.revision else ""
    url = f"{api.endpoint}/api/models/{address.repository}{revision}?blobs=True"
    received = bytearray()
    with _get(url, {}) as response:
        for chunk in response.iter_content(_CHUNK):
            received += chunk
            if len(received) > MAX_LISTING_BYTES:
                raise _malformed(address, "it is far too large")
    try:
        return _remote(address, parse(bytes(received)))
    except JsonError as error:
        raise _malformed(address, str(error)) from error


def look_if_there(api: HfApi, address: Address) -> Remote | None:
    """The same; of its main branch where the revision is missing; None: there is no such repository."""
    try:
        return look(api, address)
    except RevisionNotFoundError:
        return look(api, Address(address.repository))
    except RepositoryNotFoundError:
        return None


def download(address: Address, commit: str, name: str, *, size: int, target: Path) -> None:
    """Fetch a file that has so many bytes; where the connection drops, go on from there.

    Raises:
        AdapterError: The hub sends more or fewer bytes than it said.
        StorageError: The file cannot be written.
        requests.RequestException: The hub cannot be reached, or refuses.
    """
    url = hf_hub_url(address.repository, name, revision=commit)
    with told_as_storage(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"")
    for left in reversed(range(_ATTEMPTS)):
        try:
            _go_on(address, url, name, size, target)
        except (ChunkedEncodingError, requests.ConnectionError):
            if not left:
                raise
        if target.stat().st_size == size:
            return
    raise AdapterError(
        f"{name} of {address} has {size:,} bytes, and the hub sends {target.stat().st_size:,}.",
        hint="Nothing was written. Fetch it again; if that does not help, ask who published it.",
    )


def _go_on(address: Address, url: str, name: str, size: int, target: Path) -> None:
    there = target.stat().st_size
    with _get(url, {"Range": f"bytes={there}-"} if there else {}) as response:
        begins = there if response.status_code == requests.codes.partial_content else 0
        with target.open("r+b") as file:
            file.truncate(begins)
            file.seek(begins)
            for chunk in response.iter_content(_CHUNK):
                begins += len(chunk)
                if begins > size:
                    raise AdapterError(
                        f"{name} of {address} has {size:,} bytes, and the hub sends more.", hint="Nothing was written."
                    )
                with told_as_storage(target):  # not around the loop: what the network says is an OSError too
                    file.write(chunk)


def _get(url: str, headers: Mapping[str, str]) -> requests.Response:
    plain = {**build_hf_headers(library_name="madx-stilts"), "Accept-Encoding": "identity", **headers}
    response = get_session().get(url, headers=plain, stream=True)
    try:
        hf_raise_for_status(response)
    except requests.RequestException:
        response.close()
        raise
    return response


def _remote(address: Address, content: object) -> Remote:
    """A list of files as the hub sends it, checked."""
    if not isinstance(content, dict):
        raise _malformed(address, "it holds no table")
    commit, private, siblings = content.get("sha"), content.get("private"), content.get("siblings")
    if not isinstance(commit, str) or not commit.isalnum() or len(commit) > 64:
        raise _malformed(address, "it names no commit")
    if not isinstance(private, bool | None):
        raise _malformed(address, "it does not say whether it is private")
    if not isinstance(siblings, list) or len(siblings) > MAX_FILES:
        raise _malformed(address, "it has no list of files, or far too many")
    return Remote(commit, private, dict(_file(address, one) for one in siblings))


def _file(address: Address, content: object) -> tuple[str, RemoteFile]:
    match content:
        case {"rfilename": str(name), "size": int(size)} if not isinstance(size, bool) and 0 <= size <= LARGEST:
            known = cast(dict[str, object], content)
        case {"rfilename": str(name)}:
            raise _malformed(address, f"it does not say how large {name[:200]!r} is")
        case _:
            raise _malformed(address, "a file has no name")
    large = known.get("lfs")
    sha256 = large.get("sha256") if isinstance(large, dict) else None
    blob = known.get("blobId")
    return name, RemoteFile(size, sha256 if isinstance(sha256, str) else "", blob if isinstance(blob, str) else "")


def _malformed(address: Address, reason: str) -> AdapterError:
    return AdapterError(
        f"The hub's list of the files of {address} cannot be used: {reason}.",
        hint="Nothing was written. Is HF_ENDPOINT the hub that you mean?",
    )
