"""Data sets on the hub and in its cache, through `huggingface_hub`."""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

from madx_stilts.data.layout import README, NotHere, RepositoryFiles
from madx_stilts.data.tree import readme_in
from madx_stilts.deadline import ReceivedBytes
from madx_stilts.errors import DataError
from madx_stilts.transfer import UNUSABLE, BadListing, ListedFile, advice, downloading


@dataclass(frozen=True)
class Repository:
    """One commit of a data set on the hub.

    Args:
        path: `owner/name`.
        commit: The commit that the wanted revision stood for when it was asked.
        layout: Names of its files, and its README.
        listed: What the hub says of its files.
    """

    path: str
    commit: str
    layout: RepositoryFiles
    endpoint: str | None
    cache: Path | None
    listed: ListedFile = field(default_factory=ListedFile)

    def fetch(self, names: tuple[str, ...]) -> tuple[Path, ...]:
        """Download the named files, those only, into the cache.

        Raises:
            NotHere: The download failed.
            DataError: It was given up, for the hub sends too slowly or without end.
        """
        with _told(self.path, self.commit) as arrivals:
            arrivals.expect(self.listed.sizes.get(name) for name in names)
            absent = [name for name in names if not self._has(name)]
            folder = snapshot_download(
                self.path,
                repo_type="dataset",
                revision=self.commit,
                allow_patterns=[glob.escape(name) for name in names],
                endpoint=self.endpoint,
                cache_dir=self.cache,
            )
            self.listed.require_whole(Path(folder), absent)
        return tuple(Path(folder, name) for name in names)

    def _has(self, name: str) -> bool:
        found = try_to_load_from_cache(self.path, name, cache_dir=self.cache, revision=self.commit, repo_type="dataset")
        return isinstance(found, str)


def cached_snapshot(path: str, revision: str, cache: Path | None) -> Path:
    """The cached folder of a revision; it need not hold every file. Opens no connection.

    Raises:
        NotHere: Nothing of that revision is in the cache.
    """
    try:
        return Path(
            snapshot_download(path, repo_type="dataset", revision=revision, cache_dir=cache, local_files_only=True)
        )
    except (OSError, HFValidationError) as error:
        raise NotHere(f"hub's cache: has no {path} at {revision}") from error


def ask(path: str, revision: str, *, endpoint: str | None, cache: Path | None) -> Repository:
    """What a revision holds; downloads its README only. The cache remembers the commit that the revision stood for.

    Raises:
        NotHere: The hub does not answer, or has no such data set or revision.
        DataError: It was given up, for the hub sends too slowly or without end.
    """
    with _told(path, revision):
        folder = Path(
            snapshot_download(
                path,
                repo_type="dataset",
                revision=revision,
                allow_patterns=[README],
                endpoint=endpoint,
                cache_dir=cache,
            )
        )
        api = HfApi(endpoint=endpoint)
        listed = ListedFile.of(api.dataset_info(path, revision=folder.name, files_metadata=True).siblings)
        names = tuple(listed.sizes)
        try:
            readme = readme_in(folder) if README in names else ""
        except NotHere as reason:
            raise NotHere(f"hub: {path} {reason}") from reason
    return Repository(path, folder.name, RepositoryFiles(names, readme), endpoint, cache, listed)


@contextmanager
def _told(path: str, revision: str) -> Iterator[ReceivedBytes]:
    """Tell what kept the hub from answering, in one clause. What takes too long is given up."""
    try:
        with downloading() as arrivals:
            yield arrivals
    except UNUSABLE as error:
        raise DataError(f"The download of {path} from the hub was given up: {error}.", hint=advice(error)) from error
    except BadListing as error:
        raise NotHere(f"hub: what it says of {path} makes no sense") from error
    except GatedRepoError as error:
        raise NotHere(f"hub: {path} is given only to accounts with access, see `hf auth login`") from error
    except RevisionNotFoundError as error:
        raise NotHere(f"hub: {path} has no revision {revision}") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise NotHere(f"hub: there is no {path}, or it is private") from error
    except OSError as error:
        cause = error.__cause__ or error
        raise NotHere(f"hub: cannot be reached ({type(cause).__name__})") from error
