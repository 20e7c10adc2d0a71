"""The folder that holds a backbone's files: the user's own, or one in the hub's cache, filled if need be. No torch."""

import glob
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import requests
from huggingface_hub import HfApi, constants, snapshot_download, try_to_load_from_cache
from huggingface_hub.file_download import repo_folder_name

from madx_stilts.deadline import ReceivedBytes
from madx_stilts.errors import BackboneError
from madx_stilts.files import read_bounded
from madx_stilts.strict_json import parse
from madx_stilts.transfer import UNUSABLE, ListedFile, advice, downloading, why_not

CONFIG: Final = "config.json"
_WEIGHTS: Final = ("model.safetensors", "pytorch_model.bin")
"""Preferred first, as `transformers` does."""
_TOKENIZER: Final = ("tokenizer_config.json", "tokenizer.json")
_VOCABULARIES: Final = ("tokenizer.json", "sentencepiece.bpe.model", "vocab.txt", "vocab.json", "tokenizer.model")
"""One of them is enough to make a tokenizer of."""
_SMALL: Final = (CONFIG, *_TOKENIZER, *_VOCABULARIES, "merges.txt", "special_tokens_map.json", "added_tokens.json")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_MAX_JSON_BYTES: Final = 100_000_000
_HINT: Final = (
    "Give a folder with config.json, model.safetensors and tokenizer.json, or a name from `madx-stilts backbone list`."
)
_OFFLINE_HINT: Final = "Run once with a connection, or download the files into a folder and give that."
_HUB_ERRORS: Final = (requests.RequestException, OSError, RuntimeError, ValueError, LookupError)


def backbone_folder(name: str, source: str | Path, *, revision: str, offline: bool, say: Callable[[str], None]) -> Path:
    """The folder with all files of a backbone. The hub is asked only for what its cache may not know.

    A commit that the cache holds whole costs no request; of a branch, the hub is asked once which commit it is.

    Args:
        name: What the user calls it.
        source: A folder, or `owner/name` on the hub.
        revision: Commit or branch on the hub.
        offline: Open no connection.
        say: Called with a sentence where the cache is used because the hub does not answer.

    Raises:
        BackboneError: It is neither there nor on the hub, or the hub does not answer and its cache lacks something.
    """
    if Path(source).is_dir():
        return Path(source)
    where = _Cached(str(source), revision)
    known = where.folder()
    if known is not None and _COMMIT.fullmatch(revision) and where.is_surely_whole(known):
        return known
    if offline or constants.HF_HUB_OFFLINE:
        if known is None or _lacking(known):
            lacking = f"lacks {_lacking(known)}" if known else f"has nothing of it at {revision}"
            raise BackboneError(
                f"The backbone {name} cannot be loaded offline: the hub's cache {lacking}.", hint=_OFFLINE_HINT
            )
        return known
    try:
        return where.fetched()
    except _HUB_ERRORS as error:
        reason = why_not(error)
        if known is None or _lacking(known):
            hint = advice(error) if isinstance(error, UNUSABLE) else _HINT
            raise BackboneError(
                f"The backbone {name} cannot be loaded from {source}: {reason}.", hint=hint
            ) from None  # the cause may hold a token
        say(f"The hub does not give {source} ({reason}); its cache is used, at commit {known.name[:8]}.")
        return known


def known_config(source: str | Path, revision: str, *, offline: bool) -> Mapping[str, object] | None:
    """What the config of a backbone says, without the rest of it; None: it cannot be had now.

    Args:
        offline: Look on this machine only.

    Raises:
        BackboneError: It is damaged.
    """
    cached = _Cached(str(source), revision)
    folder = Path(source) if Path(source).is_dir() else cached.folder()
    if folder is not None and (folder / CONFIG).is_file():
        return config_of(folder)
    if folder == Path(source) or offline or constants.HF_HUB_OFFLINE:
        return None
    try:
        return config_of(cached.with_config())
    except _HUB_ERRORS:
        return None


def config_of(folder: Path) -> Mapping[str, object]:
    """What the config of a backbone says.

    Raises:
        BackboneError: It is not there, or is no JSON object with finite numbers.
    """
    return _object(folder / CONFIG)


def weight_files(folder: Path) -> list[Path]:
    """The files with a backbone's weights, as `transformers` chooses them; what an index names may be missing.

    Raises:
        BackboneError: An index is damaged.
    """
    for weights in _WEIGHTS:
        if (folder / weights).is_file():
            return [folder / weights]
        if (folder / f"{weights}.index.json").is_file():
            return [folder / shard for shard in _shards(folder / f"{weights}.index.json")]
    return []


class _Cached:
    """A backbone in the hub's cache.

    Args:
        source: `owner/name`.
        revision: Commit or branch.
    """

    def __init__(self, source: str, revision: str) -> None:
        self._source = source
        self._revision = revision
        self._listed = ListedFile()
        # What older programs set; transformers still looks there.
        self._cache = Path(os.environ.get("TRANSFORMERS_CACHE") or constants.HF_HUB_CACHE)

    def folder(self, revision: str | None = None) -> Path | None:
        """The folder of a revision as far as it is there."""
        try:
            found = snapshot_download(
                self._source, revision=revision or self._revision, cache_dir=self._cache, local_files_only=True
            )
        except (OSError, ValueError):
            return None
        return Path(found)

    def is_surely_whole(self, folder: Path) -> bool:
        """Whether nothing that decides what is loaded may be missing: each such file is there, or is known not to be.

        The hub's client notes which files a commit does not have, and so does `fetched`.
        """
        return not _lacking(folder) and all(
            try_to_load_from_cache(self._source, file, cache_dir=self._cache, revision=folder.name) is not None
            for file in _TOKENIZER
        )

    def fetched(self) -> Path:
        """Ask the hub for the commit, and download what the cache lacks of it, the weights last."""
        with downloading() as arrivals:
            return self._fetched(arrivals)

    def with_config(self) -> Path:
        """The folder of the revision, with its config, which is downloaded."""
        with downloading():
            return self._download(self._revision, [CONFIG])

    def _fetched(self, arrivals: ReceivedBytes) -> Path:
        info = HfApi().model_info(
            self._source, revision=self._revision, timeout=constants.HF_HUB_ETAG_TIMEOUT, files_metadata=True
        )
        commit, self._listed = str(info.sha), ListedFile.of(info.siblings)
        listed = self._listed.sizes
        small = [file for file in _SMALL if file in listed]
        folder = self.folder(commit)
        complete = folder is not None and not _lacking(folder) and all((folder / file).is_file() for file in small)
        if folder is None or folder != self.folder() or not complete:
            arrivals.expect(listed[file] for file in small)
            # By the name of the branch, so that the cache remembers which commit it is.
            folder = self._download(self._revision, small)
            if _lacking(folder):
                self._download_weights(folder, listed, arrivals)
        self._note_missing(folder.name, listed)
        if lacking := _lacking(folder):
            raise FileNotFoundError(f"it has no {lacking}")
        return folder

    def _download(self, revision: str, files: Sequence[str]) -> Path:
        before, names = self.folder(revision), [*map(glob.escape, files)]
        absent = [file for file in files if before is None or not (before / file).is_file()]
        folder = Path(snapshot_download(self._source, revision=revision, cache_dir=self._cache, allow_patterns=names))
        self._listed.require_whole(folder, absent)
        return folder

    def _download_weights(self, folder: Path, listed: Mapping[str, object], arrivals: ReceivedBytes) -> None:
        for weights in _WEIGHTS:
            index = f"{weights}.index.json"
            files = [weights]
            if weights not in listed and index in listed:
                arrivals.expect([listed[index]])
                self._download(folder.name, [index])
                files = _shards(folder / index)
            if weights in listed or index in listed:
                arrivals.expect(listed[file] for file in files if file in listed)
                self._download(folder.name, files)
                return

    def _note_missing(self, commit: str, listed: Collection[str]) -> None:
        folder = self._cache / repo_folder_name(repo_id=self._source, repo_type="model") / ".no_exist" / commit
        with suppress(OSError):  # in a cache that can only be read, the hub is asked again each time
            for file in {*_TOKENIZER} - {*listed}:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / file).touch()


def _lacking(folder: Path) -> str:
    """What of a backbone is not in a folder; empty: it is whole."""
    if not (folder / CONFIG).is_file():
        return CONFIG
    if not any((folder / vocabulary).is_file() for vocabulary in _VOCABULARIES):
        return "tokenizer.json"
    files = weight_files(folder)
    return next((file.name for file in files if not file.is_file()), "") if files else _WEIGHTS[0]


def _shards(index: Path) -> list[str]:
    """The files that an index names; one with a path in its name is none of them."""
    content = _object(index)
    table = content.get("weight_map")
    names = {name for name in table.values() if isinstance(name, str)} if isinstance(table, dict) else set()
    return sorted(name for name in names if Path(name).name == name)


def _object(path: Path) -> Mapping[str, object]:
    """The JSON object that a file holds."""
    try:
        content = parse(read_bounded(path, limit=_MAX_JSON_BYTES))
    except FileNotFoundError as error:
        raise BackboneError(f"{path.parent} has no {path.name}.", hint=_HINT) from error
    except (OSError, ValueError) as error:
        reason = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        raise BackboneError(f"{path} cannot be read: {reason}.", hint=_HINT) from error
    if not isinstance(content, dict):
        raise BackboneError(f"{path} holds no JSON object.", hint=_HINT)
    return content
