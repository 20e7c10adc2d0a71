"""Scorings of a workspace: checked first, so that a typing error costs a second and no model. No torch until then."""

from collections.abc import Mapping, Sequence

from madx_stilts.api.checks import require_backbone, require_data, require_layer
from madx_stilts.api.config import Places
from madx_stilts.api.options import EvalOptions
from madx_stilts.api.references import References, stack_in
from madx_stilts.api.requests import languages_of, task_of
from madx_stilts.errors import UsageError
from madx_stilts.report.layout import LAYOUTS
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.stack import Stack
from madx_stilts.tasks.task import Split, Task
from madx_stilts.tasks.world import ConstructedWorld
from madx_stilts.zoo.composition import check_answer, check_composition, require_fusion
from madx_stilts.zoo.lookup import is_settled
from madx_stilts.zoo.store import Zoo


def evaluate(
    places: Places,
    given: str | Task,
    stack: References,
    languages: str | Sequence[str] | None,
    split: Split,
    limit: int | None,
    options: EvalOptions,
) -> Evaluation:
    """Score a stack on a task; see `Workspace.evaluate`."""
    known = places.data.tasks
    task = task_of(given, known)
    codes = languages_of(task, split, languages, places.note)
    _refuse_idle(task, options)
    _refuse_in_part(task, options, split, limit)
    _refuse_invented(places.data.world, options)
    _require_stack(places.zoo, stack_in(places.zoo, stack, backbone=None), task, known)
    require_backbone(places.backbone, places.device, options.precision)
    require_layer(places.backbone, options.layer, task)
    require_data(places.data, ((task, split, code) for code in codes))

    from madx_stilts.api.backbones import backbone_for
    from madx_stilts.api.services import Scorer

    with backbone_for(places, options.precision) as backbone:
        return Scorer(places, backbone, options).score(task, stack, codes, split=split, limit=limit)


def _require_stack(zoo: Zoo, stack: Stack, task: Task, known: Mapping[str, Task]) -> None:
    """Refuse a stack that no backbone would make right.

    What depends on which of several adapters of one name is meant is found out when the backbone is there.

    Args:
        known: Tasks by name.

    Raises:
        UsageError: It does not compose, or no head of its topmost adapter answers the task.
        AdapterError: The card of an adapter is damaged.
    """
    if stack.top is None and task.search is None:
        raise UsageError("The stack is empty: nothing answers.", hint="Name at least one adapter.")
    if all(map(is_settled, stack.refs)):
        check_composition([zoo.card(ref.id) for ref in stack.refs])
        require_fusion(zoo, stack)
    if task.search is None and stack.top is not None and is_settled(stack.top):
        check_answer(zoo.card(stack.top.id), task, known)


def _refuse_idle(task: Task, options: EvalOptions) -> None:
    """Refuse options that would have no effect."""
    given = [name for name in ("pooling", "layer") if getattr(options, name) is not None]
    if given and task.search is None:
        raise UsageError(f"{given[0]} is for retrieval; a head answers {task.name}.", hint="Leave it out.")


def _refuse_in_part(task: Task, options: EvalOptions, split: Split, limit: int | None) -> None:
    """A submission has whole test sets of tasks that are submitted."""
    if options.submission is None:
        return
    if task.name not in LAYOUTS:
        raise UsageError(f"{task.name} is not submitted to XTREME.", hint=f"These are: {', '.join(LAYOUTS)}.")
    if limit is not None or split != "test":
        raise UsageError("A submission holds whole test sets.", hint="Leave out limit, and a split other than test.")


def _refuse_invented(world: ConstructedWorld | None, options: EvalOptions) -> None:
    """Nobody may mistake what is said of a constructed world for a submission."""
    if world is not None and options.submission is not None:
        raise UsageError(f"XTREME takes no submission from a {world}.", hint="Leave out the submission.")
