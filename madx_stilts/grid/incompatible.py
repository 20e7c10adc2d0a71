"""Settings of a grid that contradict each other, or parts that do not go together."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError

from madx_stilts.grid.grid import Grid
from madx_stilts.grid.intermediate import IntermediateSpec, text_parts
from madx_stilts.grid.recipes import RecipeBuilder, RecipeTemplate
from madx_stilts.grid.scope import scope_of
from madx_stilts.recipe import COMPOSABLE, why_alone, why_not_fused, why_only_lowest
from madx_stilts.tasks.task import Task

TEXT_FILES = (".txt", ".tsv")


def misfits(
    grid: Grid, columns: Sequence[tuple[int, IntermediateSpec]], targets: Sequence[str], tasks: Mapping[str, Task]
) -> list[str]:
    """One sentence for each, beginning with the key.

    Args:
        columns: Those that are sound by themselves, with their places in the grid.
        targets: Those that are sound by themselves.
    """
    drawing = RecipeBuilder(grid, tasks)
    faults: list[str] = []
    drawn: list[tuple[RecipeTemplate, ...]] = []
    fusions: list[tuple[RecipeTemplate, ...]] = []
    for at, column in columns:
        faults += [f"intermediates.{at}: {fault}" for fault in _text(grid, column, tasks)]
        try:
            stages = _checked(drawing.column(column))
        except ValidationError as error:
            faults += [f"intermediates.{at}: {reason}" for reason in reasons(error)]
            continue
        if column.kind == "fuse":
            fusions.append(stages)
            faults += [f"intermediates.{at}: {fault}" for fault in _fused(grid, stages, targets, tasks)]
        else:
            drawn.append(stages)
    aims: list[tuple[RecipeTemplate, ...]] = []
    for name in targets:
        try:
            aims.append(_checked(drawing.target(name)))
        except ValidationError as error:
            faults += [f"train.target: for {name}: {reason}" for reason in reasons(error)]
    intermediates = [one[-1] for one in drawn if one]
    trained = [one for one in aims if one]
    faults += [*_one_method(drawn, "a chain"), *_one_method(aims, "a target with several trainings")]
    faults += _stacked(grid, [*intermediates, *(stage for one in fusions for stage in one)], trained)
    faults += _continued(grid, intermediates, trained)
    faults += _languages(grid, [*targets], tasks)
    return faults


def reasons(error: ValidationError) -> list[str]:
    """What a value's own check says, in sentences."""
    return [fault["msg"].removeprefix("Value error, ") for fault in error.errors()]


def _checked(stages: tuple[RecipeTemplate, ...]) -> tuple[RecipeTemplate, ...]:
    for stage in stages:
        stage.recipe()
    return stages


def _text(grid: Grid, column: IntermediateSpec, tasks: Mapping[str, Task]) -> Iterator[str]:
    parts = text_parts(column, tasks)
    text = column.text or grid.train.language.text
    if parts and not text:
        yield "masked_lm needs plain text; name it with text, or for all with train.language.text"
    elif parts and text and len(parts) > 1 and text.endswith(TEXT_FILES):
        yield f"{text} is one file, and text in {len(parts)} languages is asked for; name a data set, owner/name"


def _one_method(drawn: Sequence[tuple[RecipeTemplate, ...]], what: str) -> Iterator[str]:
    for stages in drawn:
        methods = {stage.method.model_dump_json() for stage in stages}
        if len(methods) > 1:
            names = ", ".join(part.task for stage in stages for part in stage.parts)
            yield f"train: {what} goes on with the same weights, so {names} need one method, not {len(methods)}"


def _fused(
    grid: Grid, members: Sequence[RecipeTemplate], targets: Sequence[str], tasks: Mapping[str, Task]
) -> Iterator[str]:
    """Adapters stand side by side only if they have the same layers, and under a target that is trained over them."""
    reason = why_not_fused([one.method for one in members])
    if reason:
        yield f"{reason} Write one method for {', '.join(one.name for one in members)}"
    if "continue" in grid.transfers:
        yield "no target can continue from several adapters at once; leave continue out of transfers, or the fusion"
    idle = [name for name in targets if tasks[name].search is not None]
    if idle:
        yield f"nothing is trained for {', '.join(idle)}, and so no fusion layer; put these in a grid without a fusion"


def _stacked(
    grid: Grid, intermediates: Sequence[RecipeTemplate], targets: Sequence[tuple[RecipeTemplate, ...]]
) -> Iterator[str]:
    """Adapters stand on each other only if their kinds compose."""
    adapted = any(setting != "none" for setting in grid.language_adapters)
    tops = [stage for stages in targets for stage in stages]
    stacks = "stack" in grid.transfers and intermediates and tops
    if adapted and (intermediates or tops) and grid.train.language.method.kind not in COMPOSABLE:
        yield f"train.language.method: {why_alone(grid.train.language.method.kind)}"
    for key, drawn, stand in (
        ("intermediate", intermediates, stacks or (adapted and intermediates)),
        ("target", tops, stacks or (adapted and tops)),
    ):
        kinds = dict.fromkeys(one.method.kind for one in drawn if one.method.kind not in COMPOSABLE)
        if stand:
            yield from (f"train.{key}.method: {why_alone(kind)}" for kind in kinds)
    for key, drawn, above in (("intermediate", intermediates, adapted), ("target", tops, stacks or adapted)):
        reasons = dict.fromkeys(why_only_lowest(one.method.kind) for one in drawn)
        yield from (f"train.{key}.method: {reason}" for reason in reasons if above and reason)


def _continued(
    grid: Grid, intermediates: Sequence[RecipeTemplate], targets: Sequence[tuple[RecipeTemplate, ...]]
) -> Iterator[str]:
    """A target starts only from weights of its own shape."""
    if "continue" not in grid.transfers:
        return
    for below in intermediates:
        unlike = dict.fromkeys(stages[-1].name for stages in targets if stages[0].method != below.method)
        if unlike:
            yield (
                f"transfers: {', '.join(unlike)} cannot continue from {below.name}, which has another method; "
                "write the same method for both, or use stack"
            )


def _languages(grid: Grid, targets: Sequence[str], tasks: Mapping[str, Task]) -> Iterator[str]:
    """Language adapters need text, and each language one, unless a rule says otherwise."""
    used = {setting for setting in grid.language_adapters if setting != "none"}
    if not used or not targets:
        return
    text = grid.train.language.text
    if not text:
        yield "train.language.text: is missing; language adapters are trained on plain text"
    scopes = {name: scope_of(grid, tasks[name]) for name in targets}
    codes = {scope.source for scope in scopes.values()}
    if "swap" in used:
        codes |= {code for scope in scopes.values() for code in scope.exchanged(grid).values()}
        for name, scope in scopes.items():
            lacking = scope.missing(grid)
            if lacking and grid.missing == "error":
                yield (
                    f"train.language.languages: {name} is scored in {', '.join(lacking)} too; add them, or say with "
                    "missing: source or missing: none what they get"
                )
    if text and text.endswith(TEXT_FILES) and len(codes) > 1:
        yield (
            f"train.language.text: {text} is one file, and adapters of {', '.join(sorted(codes))} are needed; "
            "name a data set that has them all, owner/name"
        )
