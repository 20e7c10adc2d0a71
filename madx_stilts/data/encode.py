"""Encodings kept on disk by content: the same examples, tokenizer and limits are encoded once per machine."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from madx_stilts.data.read import Examples
from madx_stilts.files import digest, write_whole
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Limits, Tokenizer
from madx_stilts.formats.pieces import PIECES, counted_texts
from madx_stilts.locks import held
from madx_stilts.tasks.fields import BadRow

_WAIT = 4 * 3600.0
"""Seconds to wait for a process that encodes the same: more than any data set takes."""


@dataclass(frozen=True)
class Encoder:
    """Turns examples into features with one backbone's tokenizer.

    Args:
        tokenizer: The backbone's.
        fingerprint: The backbone's, which covers the tokenizer.
        cache: Folder for encodings; None: encode each time.
        on_texts: Called after each portion of texts with the data set and how many of its texts were tokenized; what
            it raises ends the encoding.
    """

    tokenizer: Tokenizer
    fingerprint: str
    cache: Path | None = None
    on_texts: Callable[[str, int], None] = lambda what, texts: None

    def encode(self, examples: Examples[Any], limits: Limits) -> Encoded:
        """Encode, or take the encoding from the cache.

        Raises:
            DataError: An example cannot be encoded; the message names file and row.
        """
        task_format = FORMATS[examples.task.format]

        what = f"{examples.task.name}@{examples.language}:{examples.split}"

        def make() -> Encoded:
            try:
                with counted_texts(lambda texts: self.on_texts(what, texts)):
                    encoded: Encoded = task_format.encode(examples.items, self.tokenizer, limits, examples.task)
            except BadRow as error:
                raise examples.bad_row(error) from error
            return encoded

        if self.cache is None:
            return make()
        key = digest(
            {
                "format": [task_format.name, task_format.version],
                "pieces": PIECES,
                "examples": examples.fingerprint,
                "labels": examples.task.labels,
                "tokenizer": self.fingerprint,
                "limits": [limits.max_tokens, limits.stride],
            }
        )
        return _cached(self.cache / key[:2] / f"{key}.safetensors", make)


def _cached(path: Path, make: Callable[[], Encoded]) -> Encoded:
    # A file that is missing, damaged or not readable is only a saving that is missed: it is made again and replaced.
    unusable = (OSError, SafetensorError, KeyError)
    with suppress(*unusable):
        return _unpack(load_file(path))
    lock = path.parents[1] / "locks" / f"{path.stem}.lock"
    busy = f"Another process has been encoding {path} for {_WAIT / 3600:.0f} hours."
    with held(lock, busy=busy, wait_seconds=_WAIT, other="another cache folder with --cache"):
        # Another process may have made it while this one waited.
        with suppress(*unusable):
            return _unpack(load_file(path))
        encoded = make()
        write_whole(path, save(_pack(encoded)))
    return encoded


def _pack(encoded: Encoded) -> dict[str, np.ndarray[Any, Any]]:
    arrays: dict[str, np.ndarray[Any, Any]] = {"bounds": encoded.bounds, "group": np.asarray([encoded.group])}
    arrays |= {f"tokens.{name}": values for name, values in encoded.tokens.items()}
    return arrays | {f"rows.{name}": values for name, values in encoded.rows.items()}


def _unpack(arrays: dict[str, np.ndarray[Any, Any]]) -> Encoded:
    def those(kind: str) -> dict[str, np.ndarray[Any, Any]]:
        return {name.removeprefix(kind): values for name, values in arrays.items() if name.startswith(kind)}

    return Encoded(arrays["bounds"], those("tokens."), those("rows."), int(arrays["group"][0]))
