"""How long the hub is waited for, in all that is fetched from it or sent to it. No torch."""

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests
from huggingface_hub import configure_http_backend, constants
from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils._http import get_session

from madx_stilts.connections import Ended, TooSlowError, WatchedConnections
from madx_stilts.deadline import ReceivedBytes, keeps_pace
from madx_stilts.errors import UsageError
from madx_stilts.files import sha256_of

SLOW_LINE: Final = "On a slow line, set HF_HUB_DOWNLOAD_TIMEOUT to more seconds."
_AGAIN: Final = "Run it again; if that does not help, ask who published it, or who runs the network in between."
_PATIENCE: Final = 60
"""Seconds without any answer after which the hub counts as out of reach, unless HF_HUB_DOWNLOAD_TIMEOUT says so."""
_LEAST_WAITS: Final = 5
"""A transfer may take so many times that long, however small it is."""
_SLOWEST: Final = 50_000
"""Bytes a second: a transfer that is slower on the whole is given up."""
_A_DAY: Final = 86_400


class BadListing(OSError):
    """What the hub says makes no sense."""


class DamagedDownload(OSError):
    """A file that came is not the one that the hub has."""


UNUSABLE: Final = (Ended, DamagedDownload)
"""Why a download was given up, where asking for it in another place is of no use."""


@dataclass(frozen=True)
class ListedFile:
    """What the hub says of the files that a repository holds.

    Args:
        sizes: In bytes, by name; as it was sent.
        sums: sha256 of the large ones, as far as it is known.
    """

    sizes: Mapping[str, object] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, siblings: Iterable[RepoSibling] | None) -> "ListedFile":
        """What is in the answer of the hub to a question with `files_metadata`.

        Raises:
            TypeError: A name is no text.
        """
        known = list(siblings or ())
        if not all(isinstance(one.rfilename, str) for one in known):
            raise TypeError("a name is no text")
        sums = {one.rfilename: str(one.lfs.sha256) for one in known if one.lfs is not None}
        return cls({one.rfilename: one.size for one in known}, sums)

    def require_whole(self, folder: Path, names: Iterable[str]) -> None:
        """Files that have just come are what the hub has; one that is not is removed again.

        `huggingface_hub` looks at their size alone, and goes on with the half of a file that it finds in its cache,
        whatever wrote that: `hf_xet` leaves halves with holes.

        Raises:
            Damaged: One is another.
        """
        for name in names:
            path = folder / name
            if name in self.sums and path.is_file() and sha256_of(path) != self.sums[name]:
                blob = path.resolve()
                path.unlink()
                blob.unlink(missing_ok=True)
                raise DamagedDownload(f"{name} came damaged, and was removed again")


@contextmanager
def downloading() -> Iterator[ReceivedBytes]:
    """Downloads through `huggingface_hub` that end: see `keeps_pace`.

    Raises:
        TooSlow: The hub sends too little in too long a time.
        TooMuch: It sends far more than it said.
        Senseless: The client stumbles over what the hub says, since it does not check that.
    """
    watch_sessions()
    try:
        with keeps_pace(allowance(0), rate=_SLOWEST) as arrivals:
            yield arrivals
    except HFValidationError:
        raise
    except (TypeError, AttributeError, LookupError, AssertionError, ValueError, RecursionError) as error:
        if isinstance(error, OSError):  # some of the client's are ValueErrors too
            raise
        raise BadListing("what it says of it makes no sense") from error


def advice(error: BaseException) -> str:
    """What to do after a download was given up."""
    return f"Run it again: most of what came is kept. {SLOW_LINE}" if isinstance(error, TooSlowError) else _AGAIN


def watch_sessions() -> None:
    """Let `huggingface_hub` use connections that can be ended, and that wait for no answer for ever."""
    if not isinstance(get_session().get_adapter(constants.ENDPOINT), _Patient):
        configure_http_backend(backend_factory=_session)


def allowance(size: int) -> float:
    """The seconds that the transfer of so many bytes may take in all.

    Raises:
        UsageError: HF_HUB_DOWNLOAD_TIMEOUT is no number of seconds.
    """
    return _LEAST_WAITS * patience() + size / _SLOWEST


def patience() -> float:
    """Seconds to wait for an answer.

    Raises:
        UsageError: HF_HUB_DOWNLOAD_TIMEOUT is no number of seconds.
    """
    text = os.environ.get("HF_HUB_DOWNLOAD_TIMEOUT") or str(_PATIENCE)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _A_DAY:
        raise UsageError(f"HF_HUB_DOWNLOAD_TIMEOUT is {text!r}.", hint="Set it to a number of seconds, such as 60.")
    return seconds


def why_not(error: BaseException) -> str:
    """Why the hub does not give something, as a clause without secrets."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, Ended | BadListing | DamagedDownload):
        return str(error)
    if isinstance(error, GatedRepoError):
        return "it is given only to accounts with access, see `hf auth login`"
    if isinstance(error, RevisionNotFoundError):
        return "it has no such revision"
    if isinstance(error, RepositoryNotFoundError):
        return "there is no such repository, or it is private"
    if status is not None:
        return f"it answers with an error ({status})"
    if isinstance(error, requests.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.ConnectionError):
        return "it cannot be reached"
    if isinstance(error, OSError) and error.__cause__ is not None:
        return why_not(error.__cause__)
    if isinstance(error, HFValidationError):
        return "it is neither a folder nor of the form owner/name"
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__


class _Patient(WatchedConnections):
    """Waits for an answer, but not for ever."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        return super().send(request, stream, timeout or patience(), verify, cert, proxies)


def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Patient())
    return session
