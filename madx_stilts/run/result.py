"""What one job made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from madx_stilts.grid.records import Failure


@dataclass(frozen=True)
class Result:
    """What one job made: an adapter, an evaluation or an error; the other fields are those of its record."""

    adapter: str | None = None
    evaluation: dict[str, object] | None = None
    error: Failure | None = None
    reused: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
