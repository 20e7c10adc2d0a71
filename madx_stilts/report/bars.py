"""Bars per language: for one target, what it scores without an intermediate, and what each intermediate adds."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from madx_stilts.report.canvas import figure, hatched, heading, label, line, rect, text, told, width_of
from madx_stilts.report.canvas import folded as folded_name
from madx_stilts.report.gains import Gain, SeedEstimate, score
from madx_stilts.report.markup import signed
from madx_stilts.report.palette import limit_of
from madx_stilts.report.results import ALL, NONE, ComparablePart, Target
from madx_stilts.tasks.world import language_name

WIDE, HIGH = 92.0, 19.0
"""Of a bar's field."""
_LETTERS = 12


def language_bars(part: ComparablePart, target: Target, gains: Sequence[Gain]) -> Element:
    """The figure: languages down, `none` and the intermediates across; the source language first, the nearest next.

    Args:
        gains: Of the report; those of this part and target by language are shown.
    """
    return _Bars(part, target, gains).draw()


class _Bars:
    """One figure while it is drawn."""

    def __init__(self, part: ComparablePart, target: Target, gains: Sequence[Gain]) -> None:
        self.part, self.target = part, target
        here = (one for one in gains if one.part is part and one.target == target and one.over != ALL)
        self.gains = {(one.intermediate, one.over): one for one in here}
        self.languages = part.languages[target] or target.languages
        self.columns = [NONE, *(name for name in part.intermediates if name != NONE)]
        self.limit = limit_of(one.value.mean for one in self.gains.values() if one.intermediate != NONE)
        world = part.results.world
        names = {code: language_name(code, world) for code in self.languages}
        self.names = {code: f"{name} ({code})" if name else code for code, name in names.items()}
        heads = [f"{part.label(target)}, none", *self.columns[1:]]
        self.left = max(width_of([*self.names.values()]) + 20, 110)
        self.top = 34.0 + 14 * max(len(folded_name(name, _LETTERS)) for name in heads)

    def draw(self) -> Element:
        """All of it."""
        named = self.part.label(self.target)
        width = max(self.left + WIDE * len(self.columns) + 12, 560)
        height = self.top + HIGH * len(self.languages) + 34
        title = f"{named} ({self.target.metric.replace('_', ' ')}) by language: {self.part.title}"
        shapes = [text(8, 18, title, kind="title")]
        for at, name in enumerate(self.columns):
            shapes += heading(self.left + (at + 0.5) * WIDE, self.top - 8, name, _LETTERS)
        for at, code in enumerate(self.languages):
            shapes += self._row(code, self.top + at * HIGH)
        bottom = self.top + HIGH * len(self.languages)
        for at in range(1, len(self.columns)):
            middle = self.left + (at + 0.5) * WIDE
            shapes.append(line(middle, self.top, middle, bottom))
        note = f"none: score, 0 to 100. Others: gain over none; bars end at ±{self.limit:g} points."
        shapes.append(text(8, bottom + 22, note, kind="soft"))
        return figure(width, height, title, shapes)

    def _row(self, code: str, y: float) -> list[Element]:
        source = " source" if code == self.target.source_language else ""
        shapes = [label(self.left - 10, y + 14, self.names[code], kind="strong" if source else "")]
        shapes += self._score(score(self.part, NONE, self.target, code), y)
        for at, name in enumerate(self.columns[1:], 1):
            gain = self.gains.get((name, code))
            shapes.append(self._gain(name, code, gain.value if gain else None, self.left + at * WIDE, y))
        return shapes

    def _score(self, value: SeedEstimate | None, y: float) -> list[Element]:
        """What it scores without an intermediate."""
        room = WIDE - 46
        if value is None:
            return hatched(self.left + 1, y + 2, WIDE - 8, HIGH - 4)
        bar = rect(self.left + 1, y + 3, room * min(value.mean, 100) / 100, HIGH - 6, "plain")
        return [bar, text(self.left + 4 + room * min(value.mean, 100) / 100, y + 14, f"{value.mean:.1f}", kind="soft")]

    def _gain(self, name: str, code: str, value: SeedEstimate | None, x: float, y: float) -> Element:
        """A bar from the middle, right for a gain; the number on its other side, so that it is never covered."""
        title = f"{name}, {self.names[code]}: "
        if value is None:
            return told(hatched(x + 3, y + 2, WIDE - 6, HIGH - 4), f"{title}hole")
        middle, length = x + WIDE / 2, min(abs(value.mean) / self.limit, 1.0) * (WIDE / 2 - 4)
        rises = value.mean >= 0
        bar = rect(middle if rises else middle - length, y + 3, length, HIGH - 6, "gain" if rises else "loss")
        place = middle + (-4 if rises else 4)
        number = text(place, y + 14, signed(value.mean), at="end" if rises else "start", kind="soft")
        return told([bar, number], f"{title}{signed(value.mean, 2)}")
