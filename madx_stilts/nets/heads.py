"""Prediction heads: how each kind is added, what it answers and how its loss is counted. One table, no ladder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from madx_stilts.formats.base import IGNORED, HeadKind
from madx_stilts.nets.adapter_model import AdapterModel, invertible_adapter
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.masked_head import add_masked_lm
from madx_stilts.nets.stacking import head_parameters, seeded
from madx_stilts.tasks.task import Task

Labels = Mapping[str, Tensor]
Logits = tuple[Tensor, ...]


@dataclass(frozen=True)
class Head:
    """A head in the model.

    Args:
        name: What it is called there.
        kind: What it answers.
        task: The task it is for.
    """

    name: str
    kind: HeadKind
    task: str


@dataclass(frozen=True)
class HeadOperations:
    """Operations of one kind of head.

    Args:
        add: Add an untrained head of this name for a task.
        answer: Logits from last hidden states ``(sequences, tokens, hidden)`` and the batch's labels.
        loss: Sum of cross entropies over the answers that have a label.
        count: How many answers have one. Loss over count is the mean, also when a batch comes in parts.
    """

    add: Callable[[AdapterModel, str, Task], None]
    answer: Callable[[Backbone, nn.Module, Tensor, Labels], Logits]
    loss: Callable[[Logits, Labels], Tensor]
    count: Callable[[Labels], int]


def add_head(backbone: Backbone, name: str, kind: HeadKind, task: Task, *, seed: int) -> None:
    """Add an untrained head, on the backbone's device, in fp32, drawn from `seed` alone."""
    with seeded(seed):
        HEADS[kind].add(backbone.model, name, task)
    if kind == "masked_lm" and backbone.pretrained_head is not None:
        copy_head(backbone, source=backbone.pretrained_head, target=name)
    # One by one, since the output embedding is the frozen backbone's own and must stay what it is.
    for parameter in head_parameters(backbone, name).values():
        parameter.data = parameter.data.to(device=backbone.device, dtype=torch.float32)


def answer(backbone: Backbone, name: str, kind: HeadKind, inputs: dict[str, Tensor], labels: Labels) -> Logits:
    """What a head says of a batch, through the adapters that are active."""
    return HEADS[kind].answer(backbone, backbone.heads[name], backbone.hidden(inputs), labels)


def copy_head(backbone: Backbone, *, source: str, target: str) -> None:
    """Copy one head's weights into another of the same shape."""
    backbone.heads[target].load_state_dict(backbone.heads[source].state_dict())


def _names(task: Task) -> dict[int, str]:
    return dict(enumerate(task.labels))


def _plain(backbone: Backbone, module: nn.Module, hidden: Tensor, labels: Labels) -> Logits:
    """The library's heads take a tuple whose first member is the hidden states, and answer with a tuple."""
    return cast(Logits, module((hidden,), return_dict=False))


def _masked(backbone: Backbone, module: nn.Module, hidden: Tensor, labels: Labels) -> Logits:
    """Project only the masked pieces to the vocabulary: equal loss and gradients for a fraction of time and memory."""
    chosen = hidden[labels["label"] != IGNORED].unsqueeze(0)
    inverse = invertible_adapter(backbone.base)
    return cast(Logits, module((chosen,), return_dict=False, invertible_adapter=inverse))


def _sum(logits: Tensor, labels: Tensor) -> Tensor:
    flat = logits.reshape(-1, logits.shape[-1]).float()
    return cross_entropy(flat, labels.reshape(-1).long(), ignore_index=IGNORED, reduction="sum")


def _label_sum(logits: Logits, labels: Labels) -> Tensor:
    return _sum(logits[0], labels["label"])


def _span_sum(logits: Logits, labels: Labels) -> Tensor:
    return (_sum(logits[0], labels["start"]) + _sum(logits[1], labels["end"])) / 2


def _masked_sum(logits: Logits, labels: Labels) -> Tensor:
    return _sum(logits[0], labels["label"][labels["label"] != IGNORED])


def _label_count(labels: Labels) -> int:
    return int((labels["label"] != IGNORED).sum())


def _span_count(labels: Labels) -> int:
    return int((labels["start"] != IGNORED).sum())


HEADS: dict[HeadKind, HeadOperations] = {
    "classification": HeadOperations(
        add=lambda model, name, task: model.add_classification_head(
            name, num_labels=len(task.labels), id2label=_names(task)
        ),
        answer=_plain,
        loss=_label_sum,
        count=_label_count,
    ),
    "multiple_choice": HeadOperations(
        add=lambda model, name, task: model.add_multiple_choice_head(
            name, num_choices=len(task.labels), id2label=_names(task)
        ),
        answer=_plain,
        loss=_label_sum,
        count=_label_count,
    ),
    "question_answering": HeadOperations(
        add=lambda model, name, task: model.add_qa_head(name, num_labels=2),
        answer=_plain,
        loss=_span_sum,
        count=_span_count,
    ),
    "tagging": HeadOperations(
        add=lambda model, name, task: model.add_tagging_head(name, num_labels=len(task.labels), id2label=_names(task)),
        answer=_plain,
        loss=_label_sum,
        count=_label_count,
    ),
    "masked_lm": HeadOperations(
        add=lambda model, name, task: add_masked_lm(model, name),
        answer=_masked,
        loss=_masked_sum,
        count=_label_count,
    ),
}
