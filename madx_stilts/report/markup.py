"""HTML and SVG as trees, so that every name is escaped and every tag closed."""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, tostring

Attributes = Mapping[str, str | float]
Child = Element | str
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tag(name: str, attributes: Attributes, *children: Child) -> Element:
    """An element.

    Args:
        attributes: Numbers are rounded to hundredths.
        children: Elements, and text between them.
    """
    element = Element(name, {key: _text(value) for key, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            element.append(child)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + _text(child)
        else:
            element.text = (element.text or "") + _text(child)
    return element


def html(page: Element) -> str:
    """A whole HTML document."""
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def svg(figure: Element) -> str:
    """A whole SVG file."""
    return f"{tostring(figure, encoding='unicode', method='xml')}\n"


def signed(value: float, digits: int = 1) -> str:
    """A difference with its sign, also a plus; a zero has none, not even one that was rounded."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def _text(value: str | float) -> str:
    """A number in short; a name without what XML cannot hold."""
    return _UNPRINTABLE.sub("\ufffd", value) if isinstance(value, str) else f"{round(value, 2):g}"
