"""Every shape of task there is, in plain sight."""

from typing import Any

from madx_stilts.formats.base import Format
from madx_stilts.formats.choice import ChoiceFormat
from madx_stilts.formats.pair import PairFormat
from madx_stilts.formats.retrieval import RetrievalFormat
from madx_stilts.formats.span import SpanFormat
from madx_stilts.formats.tagging import TaggingFormat
from madx_stilts.formats.text import TextFormat
from madx_stilts.registry import Registry

__all__ = ["FORMATS"]

FORMATS: Registry[Format[Any, Any]] = Registry("format")

for _format in (PairFormat(), ChoiceFormat(), SpanFormat(), TaggingFormat(), RetrievalFormat(), TextFormat()):
    FORMATS.add(_format.name, _format, owner=__name__)
