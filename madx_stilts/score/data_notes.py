"""Notes on the data that were scored: another version or a part of what was published, another order."""

from typing import Any

from madx_stilts.data.read import Examples
from madx_stilts.tasks.sizes import unlike_published
from madx_stilts.tasks.task import Split


class DataNotes:
    """Looks at the examples of one task and split, language by language.

    Args:
        submitted: Whether a submission is made of them.
    """

    def __init__(self, *, submitted: bool) -> None:
        self._submitted = submitted
        self._rows: dict[tuple[str, Split], dict[str, int | None]] = {}
        self._other_order: dict[str, dict[str, None]] = {}

    def look_at(self, examples: Examples[Any]) -> None:
        """Note what is particular about the examples of one language."""
        task, language = examples.task.name, examples.language
        self._rows.setdefault((task, examples.split), {})[language] = examples.whole
        if self._submitted and examples.other_order:
            self._other_order.setdefault(task, {})[language] = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What there is to say."""
        return (
            *(line for (task, split), rows in self._rows.items() for line in unlike_published(task, split, rows)),
            *(
                f"{task} in {', '.join(languages)} was read from a copy that may have another order than XTREME's own "
                "files, by which a submission is scored; original files have the right order."
                for task, languages in self._other_order.items()
            ),
        )
