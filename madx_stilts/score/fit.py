"""Whether a head answers a task."""

from madx_stilts.card import Card
from madx_stilts.nets.adapter_model import head_config
from madx_stilts.nets.backbone import Backbone
from madx_stilts.tasks.task import Task
from madx_stilts.zoo.composition import require_answer


def check_head(backbone: Backbone, head: str, card: Card, task: Task) -> None:
    """The head answers this kind of task, with these labels in this order.

    Raises:
        UsageError: It does not.
    """
    config = head_config(backbone.heads[head])
    labels = config.get("label2id") or {}
    known = [label for label, _ in sorted(labels.items(), key=lambda item: int(item[1]))]
    require_answer(card, config["head_type"], known, task)
    if config["head_type"] == "multiple_choice":
        # One score per choice: the same head serves any number of choices.
        config["num_choices"] = len(task.labels)
