"""How long the hub is waited for, in all that is fetched from it or sent to it. No torch."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests
from huggingface_hub import configure_http_backend, constants
from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils._http import get_session

from madx_stilts.connections import Ended, Watched
from madx_stilts.deadline import Arrivals, keeps_pace
from madx_stilts.errors import UsageError

SLOW_LINE: Final = "On a slow line, set HF_HUB_DOWNLOAD_TIMEOUT to more seconds."
SLOW_DOWNLOAD: Final = f"Run it again: what has come is kept. {SLOW_LINE}"
_PATIENCE: Final = 60
"""Seconds without any answer after which the hub counts as out of reach, unless HF_HUB_DOWNLOAD_TIMEOUT says so."""
_LEAST_WAITS: Final = 5
"""A transfer may take so many times that long, however small it is."""
_SLOWEST: Final = 50_000
"""Bytes a second: a transfer that is slower on the whole is given up."""
_A_DAY: Final = 86_400


class Senseless(OSError):
    """What the hub says makes no sense."""


@contextmanager
def downloading() -> Iterator[Arrivals]:
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
        raise Senseless("what it says of it makes no sense") from error


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
    if isinstance(error, Ended | Senseless):
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


class _Patient(Watched):
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
