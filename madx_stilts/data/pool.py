"""What queries are looked for among: enough of it to tell whether a query has its right answer there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from madx_stilts.data.read import ReadExample
from madx_stilts.data.tally import short


@dataclass
class CandidatePool:
    """The candidates of some queries."""

    _ids: set[int] = field(default_factory=set)
    _answered: set[int] = field(default_factory=set)

    def add(self, one: ReadExample[Any]) -> None:
        """Take a candidate in."""
        self._ids.add(short(one.fields.get("id")))
        self._answered.update(map(short, _listed(one.fields.get("answers"))))

    def lacks(self, one: ReadExample[Any]) -> Iterator[str]:
        """What of a query's right answers is not here; clauses.

        A query names its right candidates as `gold`; if it has no such field, candidates name the queries they answer.
        """
        if "gold" not in one.fields:
            if short(one.fields.get("id")) not in self._answered:
                yield f"no candidate answers {one.fields.get('id')!r}"
            return
        for name in _listed(one.fields["gold"]):
            if short(name) not in self._ids:
                yield f"its right answer {name!r} is not among the candidates"


def _listed(value: object) -> Sequence[object]:
    """A list as it is, one value as a list, and what is not known as an empty one."""
    if value is None:
        return ()
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
