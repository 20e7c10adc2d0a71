"""Results of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from madx_stilts.grid.records import Failure
from madx_stilts.run.partial_scores import CostSoFar


@dataclass(frozen=True)
class JobResult:
    """What one job made: an adapter, an evaluation or an error; the other fields are those of its record.

    Args:
        spent: On what earlier runs have done of it, beside what this one has cost.
    """

    adapter: str | None = None
    evaluation: dict[str, object] | None = None
    error: Failure | None = None
    reused: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    spent: CostSoFar = field(default_factory=CostSoFar)
