"""Stacks, and what a training is to stand on, checked by roles and cards before torch is imported. No torch."""

from collections.abc import Mapping
from functools import partial

from madx_stilts.cli.requests import transfer_of
from madx_stilts.cli.zoos import is_settled, known_ref
from madx_stilts.recipe import Method
from madx_stilts.tasks.task import Task
from madx_stilts.zoo.composition import (
    check_answer,
    check_below,
    check_composition,
    check_continued,
    check_intermediates,
    require_fusion,
)
from madx_stilts.zoo.lookup import intermediates_of, language_of, stack_of
from madx_stilts.zoo.store import Zoo


def require_stack(zoo: Zoo, text: str, task: Task, known: Mapping[str, Task]) -> None:
    """Refuse a stack that no backbone would make right.

    What depends on which of several adapters of one name is meant is found out when the backbone is there.

    Args:
        text: As it was written.
        task: What it is to be scored on.
        known: Mapping[str, Task] by name.

    Raises:
        UsageError: It is out of order, does not compose, or no head of its topmost adapter answers the task.
        AdapterError: An adapter is not there, or its card is damaged.
    """
    stack = stack_of(text, partial(known_ref, zoo))
    if all(map(is_settled, stack.refs)):
        check_composition([zoo.card(ref.id) for ref in stack.refs])
        require_fusion(zoo, stack)
    if task.search is None and stack.top is not None and is_settled(stack.top):
        check_answer(zoo.card(stack.top.id), task, known)


def require_bottom(zoo: Zoo, language_adapter: str | None) -> None:
    """Refuse what an intermediate adapter cannot stand on.

    Raises:
        UsageError: It is no language adapter, or does not compose.
        AdapterError: It is not there, or its card is damaged.
    """
    bottom = language_of(language_adapter, partial(known_ref, zoo))
    if bottom is not None and is_settled(bottom):
        check_below(zoo, [bottom.id])


def require_transfer(zoo: Zoo, on: str | None, language_adapter: str | None, transfer: str, method: Method) -> None:
    """Refuse intermediates that a target cannot be trained on.

    Args:
        on: As they were written.
        transfer: What is done with them.
        method: Of the target.

    Raises:
        UsageError: They are no intermediates, too many or too few, do not compose, or were trained on something else.
        AdapterError: One is not there, or its card is damaged.
    """
    find = partial(known_ref, zoo)
    refs, bottom = intermediates_of(on, find), language_of(language_adapter, find)
    below = [*([bottom] if bottom else []), *(refs if transfer == "stack" else ())]
    if not all(map(is_settled, [*below, *refs])):
        return
    check_intermediates(zoo, refs, transfer_of(transfer), language=bottom)
    check_below(zoo, [ref.id for ref in below])
    if transfer == "continue":
        check_continued(zoo.card(refs[0].id), method)
