"""SIGTERM ends a command as Ctrl-C does, wherever it is: with exit code 130, and nothing is left half-written."""

import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from madx_stilts.miniature import build
from madx_stilts.score import progress

Madx = Callable[..., Any]


def test_building_the_miniature_shows_progress_and_a_stop_leaves_no_part_of_it(
    madx: Madx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(studio: Any) -> None:
        studio.mirror.file("some/data", "text")

    def stop(studio: Any) -> None:
        write(studio)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(progress, "SECONDS", 0.0)
    monkeypatch.setattr(build, "GROUPS", [SimpleNamespace(write=one) for one in (write, stop, write)])
    before = signal.getsignal(signal.SIGTERM)
    said = madx("miniature", "build", str(tmp_path / "made" / "mini"))
    assert said.code == 130
    assert f"Building the miniature in {tmp_path / 'made' / 'mini'}: batch 1 of 3" in said.err
    assert "batch 2 of 3" not in said.err
    assert [*(tmp_path / "made").iterdir()] == []
    assert signal.getsignal(signal.SIGTERM) == before
