"""Colours: safe for the colour-blind, readable on light and dark. Blue is a gain, orange a loss."""

from bisect import bisect_left
from collections.abc import Iterable

LOSS = ("#f7f7f5", "#fde0b8", "#fbb667", "#e0801c", "#a94f06")
GAIN = ("#f7f7f5", "#d3e5f1", "#94c5e0", "#4391c6", "#1f5fa8")
DARK, LIGHT = "#16191d", "#ffffff"
_STEPS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0)

STYLE = """
.fig { --ink: #16191d; --soft: #5b6470; --line: #d4d9df; --paper: #ffffff; --hole: #e9ecef; --gain: #2f78b7;
  --loss: #cf6a0c; --plain: #8a939e; font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) {
  .fig { --ink: #e9ecf0; --soft: #a3adb9; --line: #3a424c; --paper: #14171b; --hole: #2a3038; --gain: #6db0e6;
    --loss: #f0a04b; --plain: #7c8793; } }
.fig text { fill: var(--ink); font-size: 12px; }
.fig .soft { fill: var(--soft); font-size: 11px; }
.fig .small { font-size: 9.5px; }
.fig .title { font-size: 14px; font-weight: 600; }
.fig .strong { font-weight: 600; }
.fig .paper { fill: var(--paper); }
.fig .hole { fill: var(--hole); stroke: var(--line); }
.fig .hatch { stroke: var(--soft); stroke-width: 1; opacity: 0.55; }
.fig .line { stroke: var(--line); stroke-width: 1; }
.fig .gain { fill: var(--gain); }
.fig .loss { fill: var(--loss); }
.fig .plain { fill: var(--plain); }
"""
"""The style of a figure, inside a page and alone."""


def limit_of(values: Iterable[float]) -> float:
    """Where the colours end: a round number that nine tenths of the values do not pass, so that one cannot pale all."""
    sizes = sorted(abs(value) for value in values)
    wanted = sizes[min(len(sizes) - 1, int(0.9 * len(sizes)))] if sizes else 0.0
    return _STEPS[min(bisect_left(_STEPS, wanted), len(_STEPS) - 1)]


def colour(value: float, limit: float) -> tuple[str, str]:
    """The colours of a cell and of the text on it.

    Args:
        value: In points; white at 0.
        limit: From here on the colour stays.
    """
    scale = GAIN if value >= 0 else LOSS
    place = min(abs(value) / limit, 1.0) * (len(scale) - 1)
    below = min(int(place), len(scale) - 2)
    mixed = [
        round(low + (high - low) * (place - below))
        for low, high in zip(_parts(scale[below]), _parts(scale[below + 1]), strict=True)
    ]
    return f"#{''.join(f'{part:02x}' for part in mixed)}", DARK if _luminance(mixed) > 0.2 else LIGHT


def _parts(code: str) -> tuple[int, int, int]:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def _luminance(parts: list[int]) -> float:
    """Relative luminance, as WCAG has it."""
    linear = [((part / 255 + 0.055) / 1.055) ** 2.4 if part > 10 else part / 255 / 12.92 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
