"""Shapes and words of figures, in pixels."""

from collections.abc import Sequence
from itertools import count
from xml.etree.ElementTree import Element

from madx_stilts.report.markup import Child, tag
from madx_stilts.report.palette import STYLE

_LETTER = 6.9
"""Width of an average letter of 12 px, generously."""
_WIDEST = 34
"""Letters of a label before it is cut; the whole one stands in its title."""


def figure(width: float, height: float, title: str, shapes: Sequence[Element]) -> Element:
    """A figure that stands alone, or in a page."""
    size: dict[str, str | float] = {"width": width, "height": height, "viewBox": f"0 0 {width:g} {height:g}"}
    about = {"xmlns": "http://www.w3.org/2000/svg", "class": "fig", "role": "img", "aria-label": title}
    paper = rect(0, 0, width, height, "paper")
    return tag("svg", {**size, **about}, tag("title", {}, title), tag("style", {}, STYLE), paper, *shapes)


def rect(x: float, y: float, width: float, height: float, kind: str) -> Element:
    """A rectangle whose colour the style gives."""
    return tag("rect", {"x": x, "y": y, "width": max(width, 0), "height": height, "class": kind})


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "line") -> Element:
    """A line."""
    return tag("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": kind})


def text(x: float, y: float, words: str, *, at: str = "start", kind: str = "", fill: str = "") -> Element:
    """Words on a line.

    Args:
        at: What `x` is of them: `start`, `middle` or `end`.
        fill: A colour that is not the style's.
    """
    place: dict[str, str | float] = {"x": x, "y": y, "text-anchor": at}
    looks = {"class": kind, "style": f"fill: {fill}" if fill else ""}
    return tag("text", {**place, **{key: value for key, value in looks.items() if value}}, words)


def filled(x: float, y: float, width: float, height: float, fill: str) -> Element:
    """A rectangle in a colour of its own."""
    return tag("rect", {"x": x, "y": y, "width": width, "height": height, "style": f"fill: {fill}"})


def label(x: float, y: float, name: str, *, at: str = "end", kind: str = "") -> Element:
    """A name, cut where it is too long; its title has it whole."""
    element = text(x, y, cut(name), at=at, kind=kind)
    element.append(tag("title", {}, name))
    return element


def cut(name: str) -> str:
    """A name, or its two ends if it is too long."""
    half = _WIDEST // 2
    return name if len(name) <= _WIDEST else f"{name[:half]}…{name[1 - half :]}"


def width_of(names: Sequence[str]) -> float:
    """How much room names need."""
    return max((len(cut(name)) for name in names), default=0) * _LETTER


def folded(name: str, letters: int) -> list[str]:
    """A heading in lines of so many letters, broken after `_`, `.`, `-` or a space where it can be."""
    lines = [""]
    for at, letter in enumerate(name):
        breaks = at > 0 and name[at - 1] in "_.- +("
        rest = name[at:]
        word = next((end for end, one in enumerate(rest, 1) if one in "_.- +("), len(rest))
        if lines[-1] and ((breaks and len(lines[-1]) + word > letters) or len(lines[-1]) >= letters):
            lines.append("")
        lines[-1] += letter
    return [line.strip() for line in lines]


def heading(x: float, y: float, name: str, letters: int) -> list[Element]:
    """A folded heading, centred, whose last line stands at `y`."""
    lines = folded(name, letters)
    return [text(x, y - 14 * (len(lines) - 1 - at), one, at="middle", kind="strong") for at, one in enumerate(lines)]


def hatched(x: float, y: float, width: float, height: float) -> list[Element]:
    """A hole: lines from bottom left to top right."""
    shapes = [rect(x, y, width, height, "hole")]
    for step in count(8, 8):
        left, right = max(0.0, step - height), min(step, width)
        if left >= right:
            return shapes
        shapes.append(line(x + left, y + min(step, height), x + right, y + step - right, "hatch"))
    return shapes


def told(shapes: Sequence[Element], title: str) -> Element:
    """Shapes that say more when pointed at."""
    children: list[Child] = [tag("title", {}, title), *shapes]
    return tag("g", {}, *children)
