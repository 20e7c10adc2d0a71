"""The heat map of gains: intermediates x targets. Sign and size are in the number, in a bar, and in the colour."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from madx_stilts.report.canvas import figure, filled, hatched, heading, label, rect, text, told, width_of
from madx_stilts.report.canvas import folded as folded_name
from madx_stilts.report.gains import Average, Gain, SeedEstimate
from madx_stilts.report.markup import signed
from madx_stilts.report.palette import colour, limit_of
from madx_stilts.report.results import ALL, NONE, ComparablePart, Target

WIDE, HIGH = 82.0, 40.0
"""Of a cell."""
_GAP = 14.0
_LETTERS = 11
_FOOT = 74.0
_STEP = 26.0
"""Of the scale of colours."""
_SPREAD = "± standard deviation over seeds; ★ more than chance (corrected p below 0.05)"
_ALONE = "one seed: whether a gain is more than chance cannot be told"


def heat_map(part: ComparablePart, gains: Sequence[Gain], averages: Sequence[Average]) -> Element:
    """The figure, with averages over targets in columns set apart.

    Args:
        gains: Of the report; those of this part over all languages are shown.
        averages: Of this part; those over all languages are shown.
    """
    return _HeatMap(part, gains, averages).draw()


class _HeatMap:
    """One heat map while it is drawn."""

    def __init__(self, part: ComparablePart, gains: Sequence[Gain], averages: Sequence[Average]) -> None:
        self.part = part
        self.gains = {(one.intermediate, one.target): one for one in gains if one.part is part and one.over == ALL}
        self.averages = {(one.intermediate, one.targets): one for one in averages if one.over == ALL}
        self.sets = list(dict.fromkeys(one.targets for one in averages)) if len(part.targets) > 1 else []
        self.rows = [name for name in part.intermediates if name != NONE]
        self.limit = limit_of(one.value.mean for one in self.gains.values() if one.intermediate != NONE)
        names = [part.label(target) for target in part.targets] + self.sets
        lines = max((len(folded_name(name, _LETTERS)) for name in names), default=1)
        self.left = max(width_of([*self.rows, "intermediate"]) + 24, 90)
        self.top = 34.0 + 14 * lines

    def x(self, column: int) -> float:
        """Where a column begins; averages come after a gap."""
        gap = _GAP if column >= len(self.part.targets) else 0.0
        return self.left + column * WIDE + gap

    def draw(self) -> Element:
        """All of it."""
        width = max(self.x(len(self.part.targets) + len(self.sets)) + 12, 560)
        bottom = self.top + HIGH * max(len(self.rows), 1) + 8
        shapes = [text(8, 18, f"Gain over none, in points: {self.part.title}", kind="title")]
        shapes += self._headings()
        for at, row in enumerate(self.rows):
            shapes += self._row(row, self.top + at * HIGH)
        if not self.rows:
            shapes.append(text(self.left, self.top + 20, "There is no intermediate beside none.", kind="soft"))
        shapes += self._legend(bottom + 14)
        return figure(width, bottom + _FOOT, f"Gains over none: {self.part.title}", shapes)

    def _headings(self) -> list[Element]:
        names = [self.part.label(target) for target in self.part.targets]
        shapes = [label(self.left - 8, self.top - 8, "intermediate", kind="soft")]
        for column, name in enumerate([*names, *self.sets]):
            shapes += heading(self.x(column) + WIDE / 2, self.top - 8, name, _LETTERS)
        return shapes

    def _row(self, row: str, y: float) -> list[Element]:
        shapes = [label(self.left - 8, y + HIGH / 2 + 4, row)]
        for column, target in enumerate(self.part.targets):
            shapes.append(self._gain(row, target, self.x(column), y))
        for column, name in enumerate(self.sets, len(self.part.targets)):
            average = self.averages.get((row, name))
            value = average.gain if average else None
            title = f"{row}, average over {name}"
            shapes.append(self._cell(value, self.x(column), y, f"{title}: {_told(value)}"))
        return shapes

    def _gain(self, row: str, target: Target, x: float, y: float) -> Element:
        gain, holes = self.gains.get((row, target)), self.part.holes(row, target)
        if gain is None:
            return self._hole(row, target, x, y)
        seeds = f"{len(gain.value.seeds)} of {len([*self.part.seeds(row, target)])}" if holes else ""
        title = f"{row} to {self.part.label(target)}: {_told(gain.value)}{_chance(gain)}"
        cell = self._cell(gain.value, x, y, title, seeds=seeds)
        if gain.is_sure:
            _, ink = colour(gain.value.mean, self.limit)
            cell.append(text(x + WIDE - 9, y + 15, "★", at="middle", kind="small", fill=ink))
        return cell

    def _hole(self, row: str, target: Target, x: float, y: float) -> Element:
        holes = self.part.holes(row, target) or self.part.holes(NONE, target)
        if not holes:
            asked = any(True for _ in self.part.seeds(row, target))
            return self._named(x, y, "no none" if asked else "not asked", f"{row} to {self.part.label(target)}")
        why = holes[0].why or "in part"
        named = why if self.part.holes(row, target) else "no none"
        return self._named(x, y, named, f"{row} to {self.part.label(target)}: {why}. {holes[0].reason}")

    def _cell(self, value: SeedEstimate | None, x: float, y: float, title: str, *, seeds: str = "") -> Element:
        """A number on its colour, its spread over seeds below it, and a bar from the middle: right is a gain."""
        if value is None:
            return self._named(x, y, "hole", title)
        fill, ink = colour(value.mean, self.limit)
        spread = [f"±{value.sd:.1f}"] if value.sd is not None else []
        below = " ".join([*spread, *([f"({seeds})"] if seeds else [])])
        middle, length = x + WIDE / 2, min(abs(value.mean) / self.limit, 1.0) * (WIDE / 2 - 5)
        shapes = [
            filled(x + 1, y + 1, WIDE - 2, HIGH - 2, fill),
            text(middle, y + (18 if below else 22), signed(value.mean), at="middle", kind="strong", fill=ink),
            *([text(middle, y + 30, below, at="middle", kind="small", fill=ink)] if below else []),
            filled(middle - (length if value.mean < 0 else 0), y + HIGH - 6, length, 3, ink),
        ]
        return told(shapes, title)

    def _named(self, x: float, y: float, name: str, title: str) -> Element:
        shapes = hatched(x + 1, y + 1, WIDE - 2, HIGH - 2)
        plate = min(len(name) * 6.4 + 8, WIDE - 6)
        shapes.append(rect(x + (WIDE - plate) / 2, y + HIGH / 2 - 9, plate, 17, "paper"))
        shapes.append(text(x + WIDE / 2, y + HIGH / 2 + 4, name, at="middle", kind="soft"))
        return told(shapes, title)

    def _legend(self, y: float) -> list[Element]:
        """What colours and signs mean."""
        steps = [step / 4 * self.limit for step in range(-4, 5)]
        end, middle = self.left + _STEP * len(steps), self.left + _STEP * len(steps) / 2
        several = len(self.part.results.seeds) > 1
        return [
            *(filled(self.left + at * _STEP, y, _STEP, 12, colour(one, self.limit)[0]) for at, one in enumerate(steps)),
            text(self.left, y + 26, f"−{self.limit:g} or less", kind="soft"),
            text(middle, y + 26, "0", at="middle", kind="soft"),
            text(end, y + 26, f"+{self.limit:g} or more", at="end", kind="soft"),
            text(end + 16, y + 10, "bar: right of the middle a gain, left a loss", kind="soft"),
            text(self.left, y + 44, _SPREAD if several else _ALONE, kind="soft"),
        ]


def _chance(gain: Gain) -> str:
    """What may be said of chance, after what was measured."""
    bounds = gain.low is not None and gain.high is not None
    parts = [f"95 % interval {signed(gain.low or 0, 2)} to {signed(gain.high or 0, 2)}"] if bounds else []
    parts += [f"p {gain.p:.3g}, corrected {gain.holm:.3g}"] if gain.p is not None and gain.holm is not None else []
    return "".join(f", {part}" for part in parts)


def _told(value: SeedEstimate | None) -> str:
    """An estimate in words."""
    if value is None:
        return "hole"
    spread = f", standard deviation {value.sd:.2f}" if value.sd is not None else ""
    return f"{signed(value.mean, 2)} points{spread}, seeds {', '.join(map(str, value.seeds))}"
