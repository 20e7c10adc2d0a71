"""Engines: what starts the workers of a grid's run. Built-in ones, and those that other packages install. No torch.

An engine is a frozen dataclass whose fields are its options. A field with `help` in its metadata is an option of
`madx-stilts grid run`, too; `flag` names it there if the field's name does not do, `metavar` stands for its value. A
package offers one through the entry-point group `madx_stilts.engines`, see docs/how-to/engine.md.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, Protocol, cast

from madx_stilts.errors import UnknownName, UsageError
from madx_stilts.run.events import Watcher
from madx_stilts.run.worker_brief import WorkerBrief

GROUP: Final = "madx_stilts.engines"
"""The entry points in which packages offer engines, by name."""
_BUILT_IN: Final = {
    "inline": "madx_stilts.run.engines.inline:Inline",
    "processes": "madx_stilts.run.engines.processes:Processes",
    "slurm": "madx_stilts.run.engines.slurm:Slurm",
}


class Engine(Protocol):
    """Starts workers; what they do is the same in all engines."""

    def workers(self, wanted: int | None, device: str) -> int:
        """How many workers there are.

        Args:
            wanted: What was asked for; None: as suits the engine.
            device: That each works on, as torch names devices, or `auto`.

        Raises:
            UsageError: There cannot be so many.
        """

    def run(self, brief: WorkerBrief, *, workers: int, watch: Watcher) -> None:
        """Let workers work until nothing is left to do.

        Args:
            brief: What each worker is given.
            watch: Takes what the workers report.

        Raises:
            KeyboardInterrupt: As it came; the workers were stopped before.
            MadxStiltsError: Work ended although something is left to do.
        """


@cache
def engine_types() -> Mapping[str, type[Any]]:
    """The engines by name, built-in ones first.

    Raises:
        UsageError: A package offers an engine that cannot be imported, or one under a name that is taken.
    """
    found: dict[str, type[Any]] = {}
    for name, target in _BUILT_IN.items():
        module, _, attribute = target.partition(":")
        found[name] = getattr(import_module(module), attribute)
    for entry in entry_points(group=GROUP):
        if entry.name in found:
            raise UsageError(f"{entry.value} is offered as the engine {entry.name}, which there is.", hint=_REMOVE)
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            raise UsageError(f"The engine {entry.name} cannot be imported: {error}.", hint=_REMOVE) from error
    return found


_REMOVE = "Update or remove the package that it comes from."


def engine_named(name: str) -> Engine:
    """The engine of that name, with its usual options.

    Raises:
        UnknownName: There is none.
    """
    known = engine_types()
    if name not in known:
        raise UnknownName("engine", name, known)
    return cast(Engine, known[name]())
