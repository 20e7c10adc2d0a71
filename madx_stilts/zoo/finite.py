"""Whether the weights in a safetensors file are numbers: read without torch, a few megabytes at a time."""

import math
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np

from madx_stilts.errors import AdapterError, brief
from madx_stilts.files import open_regular
from madx_stilts.strict_json import JsonError, parse

MAX_HEADER_BYTES: Final = 10_000_000
_AT_ONCE: Final = 1 << 22
_METADATA: Final = "__metadata__"
_NAME: Final = 200
"""Characters of a tensor's name, or of what claims to be a type, that a message repeats."""


class _Numbers(NamedTuple):
    """How a type tells what is no finite number: the bits of `mask` are those of `odd`."""

    unsigned: np.dtype[np.unsignedinteger[Any]]
    mask: int
    odd: int


_FLOATING: Final[Mapping[str, _Numbers]] = {
    # IEEE 754 and its like: all bits of the exponent are set.
    "F64": _Numbers(np.dtype("<u8"), 0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0000),
    "F32": _Numbers(np.dtype("<u4"), 0x7F80_0000, 0x7F80_0000),
    "F16": _Numbers(np.dtype("<u2"), 0x7C00, 0x7C00),
    "BF16": _Numbers(np.dtype("<u2"), 0x7F80, 0x7F80),
    "F8_E5M2": _Numbers(np.dtype("u1"), 0x7C, 0x7C),
    # Without infinities (arXiv 2209.05433): one NaN of either sign; in the variants without a negative zero, its bits.
    "F8_E4M3": _Numbers(np.dtype("u1"), 0x7F, 0x7F),
    "F8_E4M3FNUZ": _Numbers(np.dtype("u1"), 0xFF, 0x80),
    "F8_E5M2FNUZ": _Numbers(np.dtype("u1"), 0xFF, 0x80),
}
_WIDTHS: Final = {"BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "U32": 4, "I32": 4, "U64": 8, "I64": 8}
_OTHERS: Final = frozenset({"C64", "F4", "F6_E2M3", "F6_E3M2", "F8_E8M0"})
"""Types that safetensors has, and that are no weights by themselves: complex numbers, and parts of packed or scaled
ones."""


class _OtherKind(ValueError):
    """Numbers of a type that no adapter is saved in."""


class TensorSpan(NamedTuple):
    """Where a tensor is in a file: the bytes from `start` to `end`, counted from the first tensor's."""

    name: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def tensor_places(path: Path) -> list[TensorSpan]:
    """The tensors of a safetensors file, in its order, which fill it without gaps and without sharing bytes.

    Raises:
        AdapterError: It cannot be read, or its header does not fit its size.
    """
    with _told(path), open_regular(path) as file:
        return _tensors(file)[1]


def not_finite(path: Path) -> str | None:
    """The first tensor of a safetensors file that has a NaN or an infinity; None: all numbers are finite.

    Raises:
        AdapterError: It cannot be read, is damaged, or has a type of numbers that no adapter is saved in.
    """
    with _told(path), open_regular(path) as file:
        beginning, tensors = _tensors(file)
        for name, kind, _, start, end in tensors:
            if kind in _FLOATING and _has_infinite(file, kind, beginning + start, end - start):
                return name
    return None


_HINT: Final = "The file is damaged, or is no safetensors file."
_CONVERT: Final = "Convert the weights of the original checkpoint, and save them as torch.float32 or torch.float16."


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = _CONVERT if isinstance(error, _OtherKind) else _HINT
        raise AdapterError(f"{path.name} cannot be read: {reason}.", hint=hint) from error


def _tensors(file: BinaryIO) -> tuple[int, list[TensorSpan]]:
    """Where the bytes of the tensors begin, and the tensors in the order of the file."""
    size = file.seek(0, 2)
    file.seek(0)
    prefix = file.read(8)
    length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else size
    if length > min(size - 8, MAX_HEADER_BYTES):
        raise ValueError("its header is longer than the file")
    try:
        header = parse(file.read(length))
    except (JsonError, UnicodeDecodeError) as error:
        raise ValueError(f"its header is damaged ({error})") from error
    if not isinstance(header, dict):
        raise ValueError("its header holds no table of tensors")
    room = size - 8 - length
    found = sorted(
        (_tensor(name, entry, room) for name, entry in header.items() if name != _METADATA),
        key=lambda one: (one.start, one.end),
    )
    ends = [0, *(one.end for one in found)]
    if ends[:-1] != [one.start for one in found] or ends[-1] != room:
        raise ValueError("its tensors overlap or do not fill it")
    return 8 + length, found


def _tensor(name: str, entry: object, room: int) -> TensorSpan:
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(start), int(end)]} if all(
            isinstance(length, int) and length >= 0 for length in shape
        ):
            width = _FLOATING[kind].unsigned.itemsize if kind in _FLOATING else _WIDTHS.get(kind)
        case _:
            raise ValueError(f"its entry for {brief(name, _NAME)} is malformed")
    if width is None:
        error = _OtherKind if kind in _OTHERS else ValueError
        raise error(f"{brief(name, _NAME)} has numbers of the type {brief(kind, _NAME)}, which no adapter is saved in")
    if not 0 <= start <= end <= room or end - start != width * math.prod(shape):
        raise ValueError(f"{brief(name, _NAME)} does not have the bytes that its shape needs")
    return TensorSpan(name, kind, tuple(shape), start, end)


def _has_infinite(file: BinaryIO, kind: str, start: int, length: int) -> bool:
    unsigned, mask, odd = _FLOATING[kind]
    return any(
        bool(((np.frombuffer(part, dtype=unsigned) & unsigned.type(mask)) == odd).any())
        for part in _parts(file, start, length)
    )


def _parts(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    file.seek(start)
    for begin in range(0, length, _AT_ONCE):
        part = file.read(min(_AT_ONCE, length - begin))
        if len(part) != min(_AT_ONCE, length - begin):
            raise ValueError("it ends too early")
        yield part
