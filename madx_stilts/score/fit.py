"""Whether a head answers a task."""

from collections.abc import Sequence

from madx_stilts.card import Card
from madx_stilts.errors import UsageError
from madx_stilts.formats import FORMATS
from madx_stilts.nets.adapter_model import head_config
from madx_stilts.nets.backbone import Backbone
from madx_stilts.tasks.task import Task

_TOLD = 30
"""Labels that a message names."""


def check_head(backbone: Backbone, head: str, card: Card, task: Task) -> None:
    """The head answers this kind of task, with these labels in this order.

    Raises:
        UsageError: It does not.
    """
    config = head_config(backbone.heads[head])
    wanted = FORMATS[task.format].head
    if config["head_type"] != wanted:
        raise UsageError(
            f"The head of {card.name} is for {config['head_type']}, {task.name} needs {wanted}.",
            hint="Put a target adapter of the task on top of the stack.",
        )
    labels = config.get("label2id") or {}
    known = [label for label, _ in sorted(labels.items(), key=lambda item: int(item[1]))]
    if wanted in ("classification", "tagging") and known != list(task.labels):
        raise UsageError(
            f"The head of {card.name} answers {_some(known)}; {task.name} has {_some(task.labels)}.",
            hint="Put a target adapter of the task on top of the stack.",
        )
    if wanted == "multiple_choice":
        # One score per choice: the same head serves any number of choices.
        config["num_choices"] = len(task.labels)


def _some(labels: Sequence[str]) -> str:
    """The labels, as many as a message can hold."""
    return ", ".join(labels[:_TOLD]) + (f" and {len(labels) - _TOLD} more" if len(labels) > _TOLD else "")
