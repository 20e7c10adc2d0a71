"""An engine for `madx_stilts`: worker processes of low priority, so that others can use the machine, too.

To install it, offer it in the `pyproject.toml` of a package of your own, and install that beside madx_stilts:

    [project.entry-points."madx_stilts.engines"]
    nice = "custom_engine:Nice"

Then `madx-stilts grid run GRID --engine nice --niceness 19` and `grid.run(engine="nice")` know it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from madx_stilts.run.engines.processes import Processes


@dataclass(frozen=True)
class Nice(Processes):
    """Worker processes of low priority.

    Args:
        niceness: 0 to 19; a process of 19 works when no other wants to.
    """

    niceness: int = field(default=10, metadata={"help": "0 to 19; 19 gives way to all others.", "metavar": "N"})

    def launcher(self, number: int) -> Sequence[str]:
        """The command in front of that of a worker."""
        return ["nice", "-n", str(self.niceness)]
