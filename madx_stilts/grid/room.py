"""What of a grid its backbones have no room for: longer sequences than they have positions, layers that they lack."""

from collections.abc import Callable, Iterator, Mapping

from madx_stilts.grid.grid import Grid
from madx_stilts.grid.recipes import RecipeBuilder, RecipeTemplate
from madx_stilts.positions import ModelLimits
from madx_stilts.tasks.task import Task


def room_faults(grid: Grid, tasks: Mapping[str, Task], extents: Callable[[str], ModelLimits]) -> Iterator[str]:
    """One sentence for each, beginning with the key.

    Args:
        grid: Without other faults.
        tasks: Those there are, by name.
        extents: How large the backbone of a name is, as far as that is known.

    Raises:
        BackboneError: The config of a backbone is damaged.
    """
    trainings = [*_trainings(grid, tasks)]
    for backbone in grid.backbones:
        extent = extents(backbone)
        for key, blueprint in trainings:
            for fault in extent.faults(blueprint.method, blueprint.train):
                yield f"{key}: for {blueprint.name}, {fault}"


def _trainings(grid: Grid, tasks: Mapping[str, Task]) -> Iterator[tuple[str, RecipeTemplate]]:
    """All trainings, each with the key of its settings."""
    drawing = RecipeBuilder(grid, tasks)
    if any(setting != "none" for setting in grid.language_adapters):
        yield "train.language", drawing.language("language adapters")
    for column in grid.intermediates:
        yield from (("train.intermediate", stage) for stage in drawing.column(column))
    for name in grid.targets:
        yield from (("train.target", stage) for stage in drawing.target(name))
