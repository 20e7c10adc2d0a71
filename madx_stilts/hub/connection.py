"""The hub through `huggingface_hub`: no connection when offline, no waiting for ever, no token in any message.

The token comes from `HF_TOKEN` or the standard login; it is never read here except to be left out of messages.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import requests
from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from madx_stilts.connections import TooSlowError
from madx_stilts.deadline import ends_within
from madx_stilts.errors import AdapterError, MadxStiltsError
from madx_stilts.hub.address import Address
from madx_stilts.transfer import SLOW_LINE, allowance, watch_sessions

_LOGIN: Final = "Log in with `hf auth login`, or set HF_TOKEN to a token with access to it."
_AGAIN: Final = "Run the same command again; what the hub has already is not sent twice."
_SECRET = re.compile(r"hf_\w{8,}|(?<=[Bb]earer )\S+")


def connect(*, offline: bool) -> HfApi:
    """The hub's interface.

    Raises:
        AdapterError: Work is offline.
    """
    if offline or constants.HF_HUB_OFFLINE:
        raise AdapterError(
            "The hub is needed for this, and work is offline.",
            hint="Leave out --offline and HF_HUB_OFFLINE, or use `zoo export` and `zoo import`.",
        )
    watch_sessions()
    return HfApi(library_name="madx-stilts")


@contextmanager
def told(address: Address, *, doing: str, size: int = 0) -> Iterator[None]:
    """Turn what the hub or the network says into an error of ours, and end what takes too long.

    Args:
        doing: What could not be done, as in "cannot be read".
        size: Bytes that are transferred.

    Raises:
        AdapterError: With the reason, and never with a token.
    """
    try:
        with ends_within(allowance(size)):
            yield
    except MadxStiltsError:
        raise
    except (requests.RequestException, HFValidationError, OSError, RuntimeError, ValueError, LookupError) as error:
        reason, hint = _reason(error, address)
        raise AdapterError(f"{address} {doing}: {reason}.", hint=hint) from None  # the cause may hold a token


def without_secrets(text: str) -> str:
    """The text without tokens."""
    token = get_token()
    return _SECRET.sub("***", text.replace(token, "***") if token else text)


def _reason(error: BaseException, address: Address) -> tuple[str, str]:
    if isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        return _reason(error.__cause__, address)  # what went wrong before it looked for a copy on this machine
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, TooSlowError):
        return str(error), SLOW_LINE
    if status == 429:
        return "the hub wants fewer requests (429)", "Wait some minutes, then run the same command again."
    if isinstance(error, OfflineModeIsEnabled):
        return "work is offline", "Leave out --offline and HF_HUB_OFFLINE."
    if isinstance(error, GatedRepoError):
        return "it is given only to accounts with access", _LOGIN
    if isinstance(error, RevisionNotFoundError):
        return f"it has no revision {address.revision or 'main'}", "Look up its branches and tags on the hub."
    if status in (401, 403) and not isinstance(error, RepositoryNotFoundError):
        return "the hub refuses the token" if get_token() else "the hub wants a token", _LOGIN
    if isinstance(error, RepositoryNotFoundError):
        return "there is no such repository, or it is private and you have no access", f"Check the name. {_LOGIN}"
    if isinstance(error, requests.Timeout):
        return "the hub does not answer", _AGAIN
    if isinstance(error, requests.HTTPError) and status is not None:
        return f"the hub answers with an error ({status})", _AGAIN if status >= 500 else _LOGIN
    if isinstance(error, requests.ConnectionError):
        return "the hub cannot be reached", _AGAIN
    text = without_secrets(" ".join(str(error).split()))[:300].rstrip(".")
    return text or type(error).__name__, _AGAIN
