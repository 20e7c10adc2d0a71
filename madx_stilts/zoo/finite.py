"""Whether the weights in a safetensors file are numbers: read without torch, a few megabytes at a time."""

import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from madx_stilts.errors import AdapterError
from madx_stilts.files import open_regular
from madx_stilts.strict_json import JsonError, parse

MAX_HEADER_BYTES: Final = 10_000_000
_AT_ONCE: Final = 1 << 22
_METADATA: Final = "__metadata__"
# The unsigned type of a floating-point number, and its bits that are all set in infinities and NaN.
_EXPONENTS: Final[Mapping[str, tuple[np.dtype[np.unsignedinteger[Any]], int]]] = {
    "F64": (np.dtype("<u8"), 0x7FF0_0000_0000_0000),
    "F32": (np.dtype("<u4"), 0x7F80_0000),
    "F16": (np.dtype("<u2"), 0x7C00),
    "BF16": (np.dtype("<u2"), 0x7F80),
    "F8_E5M2": (np.dtype("u1"), 0x7C),
}
_WIDTHS: Final = {"BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "U32": 4, "I32": 4, "U64": 8, "I64": 8}


def not_finite(path: Path) -> str | None:
    """The first tensor of a safetensors file that has a NaN or an infinity; None: all numbers are finite.

    Raises:
        AdapterError: It cannot be read, is damaged, or has a type of numbers that no adapter is saved in.
    """
    try:
        with open_regular(path) as file:
            beginning, tensors = _tensors(file)
            for name, kind, start, end in tensors:
                if kind in _EXPONENTS and _has_infinite(file, kind, beginning + start, end - start):
                    return name
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise AdapterError(f"{path.name} cannot be read: {reason}.", hint=_HINT) from error
    return None


_HINT: Final = "The file is damaged, or is no safetensors file."


def _tensors(file: BinaryIO) -> tuple[int, list[tuple[str, str, int, int]]]:
    """Where the bytes of the tensors begin, and the name, type, start and end of each, in the order of the file."""
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
    found = [_tensor(name, entry, size - 8 - length) for name, entry in header.items() if name != _METADATA]
    return 8 + length, sorted(found, key=lambda one: one[2:])


def _tensor(name: str, entry: object, room: int) -> tuple[str, str, int, int]:
    match entry:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(start), int(end)]} if all(
            isinstance(length, int) and length >= 0 for length in shape
        ):
            width = _EXPONENTS[kind][0].itemsize if kind in _EXPONENTS else _WIDTHS.get(kind)
        case _:
            raise ValueError(f"its entry for {name} is malformed")
    if width is None:
        raise ValueError(f"{name} has numbers of the type {kind}, which no adapter is saved in")
    if not 0 <= start <= end <= room or end - start != width * math.prod(shape):
        raise ValueError(f"{name} does not have the bytes that its shape needs")
    return name, kind, start, end


def _has_infinite(file: BinaryIO, kind: str, start: int, length: int) -> bool:
    number, exponent = _EXPONENTS[kind]
    return any(
        bool(((np.frombuffer(part, dtype=number) & number.type(exponent)) == exponent).any())
        for part in _parts(file, start, length)
    )


def _parts(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    file.seek(start)
    for begin in range(0, length, _AT_ONCE):
        part = file.read(min(_AT_ONCE, length - begin))
        if len(part) != min(_AT_ONCE, length - begin):
            raise ValueError("it ends too early")
        yield part
