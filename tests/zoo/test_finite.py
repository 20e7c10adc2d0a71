"""Weights that are no numbers are found in a file of any type, wherever they stand in it."""

import json
import os
import struct
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from madx_stilts.errors import AdapterError
from madx_stilts.zoo.finite import not_finite

WITH_INFINITIES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e5m2]
TYPES = [*WITH_INFINITIES, torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz]


@pytest.mark.parametrize(
    ("kind", "bad"),
    [(kind, bad) for kind in WITH_INFINITIES for bad in (float("inf"), float("-inf"))]
    + [(kind, float("nan")) for kind in TYPES],
)
def test_one_number_that_is_not_finite_names_its_tensor(kind: torch.dtype, bad: float, tmp_path: Path) -> None:
    weights = torch.ones(3, 5)
    path = tmp_path / "adapter.safetensors"
    save_file({"a": weights.clone(), "b": weights.to(kind), "c": torch.ones(2, dtype=torch.int64)}, path)
    assert not_finite(path) is None
    weights[2, 4] = bad
    save_file({"a": torch.ones(3, 5), "b": weights.to(kind)}, path)
    assert not_finite(path) == "b"


@pytest.mark.parametrize("kind", TYPES)
def test_the_largest_and_the_smallest_numbers_are_finite(kind: torch.dtype, tmp_path: Path) -> None:
    kinds = torch.finfo(kind)
    weights = torch.tensor([kinds.max, kinds.min, kinds.tiny, 0.0, kinds.smallest_normal], dtype=torch.float64).to(kind)
    save_file({"a": weights, "empty": torch.ones(0, 4, dtype=kind)}, tmp_path / "a.safetensors")
    assert not_finite(tmp_path / "a.safetensors") is None


def test_the_last_number_of_a_file_larger_than_what_is_read_at_once_is_seen(tmp_path: Path) -> None:
    weights = torch.ones((1 << 22) + 3)
    save_file({"a": weights}, tmp_path / "a.safetensors")
    assert not_finite(tmp_path / "a.safetensors") is None
    weights[-1] = float("nan")
    save_file({"a": weights}, tmp_path / "a.safetensors")
    assert not_finite(tmp_path / "a.safetensors") == "a"


def _file(header: object, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 7,
        struct.pack("<Q", 1 << 60) + b"{}",
        _file([], b""),
        _file({"a": 1}, b""),
        _file({"a": {"dtype": "F32", "shape": [1]}}, b"\0" * 4),
        _file({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"\0" * 4),
        _file({"a": {"dtype": "F32", "shape": [1 << 70], "data_offsets": [0, 4]}}, b"\0" * 4),
        _file({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, b"\0" * 4),
        _file({"a": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}}, b"\0" * 4),
        _file({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}}, b"\0" * 4),
        _file({"a": {"dtype": "F3", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4),
    ],
)
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "adapter.safetensors"
    path.write_bytes(content)
    with pytest.raises(AdapterError, match=r"adapter\.safetensors cannot be read"):
        not_finite(path)


@pytest.mark.parametrize("kind", TYPES[4:])
def test_of_numbers_of_eight_bits_those_are_finite_that_torch_converts_to_finite_ones(
    kind: torch.dtype, tmp_path: Path
) -> None:
    for bits in range(256):
        weights = torch.tensor([bits], dtype=torch.uint8).view(kind)
        save_file({"a": weights}, tmp_path / "a.safetensors")
        assert (not_finite(tmp_path / "a.safetensors") is None) == bool(weights.float().isfinite().all()), bits


@pytest.mark.parametrize("kind", ["F4", "F6_E2M3", "F8_E8M0", "C64"])
def test_numbers_that_are_no_weights_by_themselves_are_refused_with_what_to_do(kind: str, tmp_path: Path) -> None:
    content = _file({"a": {"dtype": kind, "shape": [8], "data_offsets": [0, 8]}}, b"\0" * 8)
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(AdapterError, match=f"type {kind}, which no adapter is saved in") as caught:
        not_finite(tmp_path / "a.safetensors")
    assert "torch.float32" in caught.value.hint


@given(content=st.binary(max_size=200), length=st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_any_bytes_are_finite_or_refused(content: bytes, length: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "a.safetensors"
    path.write_bytes(struct.pack("<Q", length) + content)
    with suppress(AdapterError):
        assert not_finite(path) is None


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.safetensors")
    with pytest.raises(AdapterError, match="a named pipe"):
        not_finite(tmp_path / "a.safetensors")
