"""What a stack says of encoded examples, in the order of the examples and without padding."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from madx_stilts.data.batch import Batch, collate, scoring_order
from madx_stilts.data.mask import masked
from madx_stilts.formats.base import IGNORED, Encoded, HeadKind, Outputs
from madx_stilts.nets.architecture import Trunk
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.heads import HEADS, Logits, answer
from madx_stilts.nets.stacking import activate
from madx_stilts.nets.trunk import run_once

BATCH_TOKENS = {"cpu": 4096, "cuda": 65536}
"""Padded tokens per scoring batch, by device type: large enough to fill it, small enough for any head."""

Arrays = dict[str, NDArray[np.generic]]
OnBatch = Callable[[int, int], None]
"""Called after each batch with how many are done and how many there are; what it raises ends the work."""


def unwatched(done: int, batches: int) -> None:
    """The `OnBatch` that does nothing."""


@dataclass(frozen=True)
class HeadedStack:
    """A stack with the head that answers.

    Args:
        stack: Names in the model, bottom to top.
        head: Name of the head in the model.
    """

    stack: Sequence[str]
    head: str


def predict(
    backbone: Backbone, *, head: str, kind: HeadKind, encoded: Encoded, on_batch: OnBatch = unwatched
) -> Outputs:
    """Run the active adapters and one head over all examples.

    Args:
        head: Name of the head in the model; which adapters are active is the caller's business.
        kind: What the head answers.

    Returns:
        Arrays as `formats.base.Outputs` describes them. They do not depend on how examples share batches.
    """
    collect = _COLLECT[kind]
    results: Arrays = {}
    backbone.model.eval()
    with torch.inference_mode(), backbone.autocast():
        for batch in batches(backbone, encoded, on_batch):
            logits = answer(backbone, head, kind, batch.inputs, batch.labels)
            collect(results, encoded, batch, logits)
    return results


def predict_each(
    backbone: Backbone,
    answerers: Sequence[HeadedStack],
    *,
    kind: HeadKind,
    encoded: Encoded,
    trunk: Trunk,
    on_batch: OnBatch = unwatched,
) -> list[Outputs]:
    """Run several stacks over all examples, with one pass through the trunk below them.

    Args:
        kind: What each head answers.
        trunk: What all stacks have in common.

    Returns:
        For each stack what `predict` returns for it, to the last bit.
    """
    collect = _COLLECT[kind]
    results: list[Arrays] = [{} for _ in answerers]
    backbone.model.eval()
    with torch.inference_mode(), backbone.autocast():
        for batch in batches(backbone, encoded, on_batch):
            with run_once(backbone, trunk):
                for one, result in zip(answerers, results, strict=True):
                    activate(backbone, one.stack)
                    collect(result, encoded, batch, answer(backbone, one.head, kind, batch.inputs, batch.labels))
    return list(results)


def masked_scores(
    backbone: Backbone, *, head: str, encoded: Encoded, share: float, on_batch: OnBatch = unwatched
) -> dict[str, float]:
    """How well masked pieces are guessed, with masks that are the same each time.

    Returns:
        `accuracy` of the masked pieces (0 to 100) and `loss`, their mean cross entropy in nats.
    """
    ops = HEADS["masked_lm"]
    total, right, count = 0.0, 0, 0
    backbone.model.eval()
    with torch.inference_mode(), backbone.autocast():
        for at, plain in enumerate(batches(backbone, encoded, on_batch)):
            batch = masked(plain, backbone.tokenizer, share=share, seed=at)
            logits = answer(backbone, head, "masked_lm", batch.inputs, batch.labels)
            wanted = batch.labels["label"][batch.labels["label"] != IGNORED]
            total += float(ops.loss(logits, batch.labels))
            right += int((logits[0].squeeze(0).argmax(-1) == wanted).sum())
            count += len(wanted)
    return {"accuracy": 100 * right / count, "loss": total / count}


def first_inputs(backbone: Backbone, encoded: Encoded) -> dict[str, Tensor]:
    """A small batch, to try a stack on."""
    groups = np.arange(min(4, len(encoded)))
    return collate(encoded, groups, pad_id=backbone.tokenizer.pad_token_id).to(backbone.device).inputs


def batches(backbone: Backbone, encoded: Encoded, on_batch: OnBatch = unwatched) -> Iterator[Batch]:
    """All of it, the longest first, in batches that suit the device."""
    pad = backbone.tokenizer.pad_token_id
    budget = BATCH_TOKENS.get(backbone.device.type, BATCH_TOKENS["cpu"])
    order = list(scoring_order(encoded, budget))
    for done, groups in enumerate(order, start=1):
        yield collate(encoded, groups, pad_id=pad).to(backbone.device)
        on_batch(done, len(order))


def _per_group(results: Arrays, encoded: Encoded, batch: Batch, logits: Logits) -> None:
    values = logits[0].float().cpu().numpy()
    if "logits" not in results:
        results["logits"] = np.zeros((len(encoded), values.shape[1]), dtype=np.float32)
    results["logits"][batch.groups] = values


def _per_token(results: Arrays, encoded: Encoded, batch: Batch, values: dict[str, NDArray[np.generic]]) -> None:
    for name, padded in values.items():
        if name not in results:
            results[name] = np.zeros(int(encoded.bounds[-1]), dtype=padded.dtype)
        for row, sequence in enumerate(batch.groups):
            start, end = encoded.bounds[sequence], encoded.bounds[sequence + 1]
            results[name][start:end] = padded[row, : end - start]


def _spans(results: Arrays, encoded: Encoded, batch: Batch, logits: Logits) -> None:
    start, end = (part.float().cpu().numpy() for part in logits)
    _per_token(results, encoded, batch, {"start": start, "end": end})


def _tags(results: Arrays, encoded: Encoded, batch: Batch, logits: Logits) -> None:
    _per_token(results, encoded, batch, {"label": logits[0].argmax(-1).to(torch.int32).cpu().numpy()})


_COLLECT: dict[HeadKind, Callable[[Arrays, Encoded, Batch, Logits], None]] = {
    "classification": _per_group,
    "multiple_choice": _per_group,
    "question_answering": _spans,
    "tagging": _tags,
}
