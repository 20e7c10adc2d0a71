"""What queries are looked for among: enough of it to tell whether a query has its right answer there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from madx_stilts.data.counts import short
from madx_stilts.formats.retrieval import RetrievalExample
from madx_stilts.tasks.task import Split, Task


def candidates_tell(task: Task, split: Split) -> bool:
    """Whether candidates name the queries that they answer; else queries name their candidates."""
    return any("answers" in source.fields for source in task.candidates.get(split, ()))


@dataclass
class CandidatePool:
    """The candidates of some queries.

    Args:
        tell: Whether they name the queries that they answer; else queries name their candidates.
    """

    tell: bool
    _ids: set[int] = field(default_factory=set)
    _answered: set[int] = field(default_factory=set)

    def add(self, candidate: RetrievalExample) -> None:
        """Take a candidate in."""
        if self.tell:
            self._answered.update(map(short, candidate.answers))
        else:
            self._ids.add(short(candidate.id))

    def lacks(self, query: RetrievalExample) -> Iterator[str]:
        """What of a query's right answers is not here; clauses."""
        if self.tell:
            if short(query.id) not in self._answered:
                yield f"no candidate answers {query.id!r}"
            return
        for name in query.gold or ():
            if short(name) not in self._ids:
                yield f"its right answer {name!r} is not among the candidates"
