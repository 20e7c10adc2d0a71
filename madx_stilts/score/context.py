"""Shared services of evaluations, and the stack that is active while something is scored."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import Examples
from madx_stilts.data.sources import DataSources
from madx_stilts.files import write_whole
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded
from madx_stilts.nets.attach import attach
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.preflight import check_effects
from madx_stilts.nets.stacking import activate, remove
from madx_stilts.score.embed import DEFAULT_POOLING, Pooling
from madx_stilts.score.evaluation import Evaluation, LanguageResult
from madx_stilts.score.predict import OnBatch, first_inputs, unwatched
from madx_stilts.score.submit import submit
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.zoo.composition import require_fusion
from madx_stilts.zoo.store import Zoo


def used_ids(stacks: Sequence[Stack], languages: Sequence[str], swap: LanguageSwap | None) -> set[str]:
    """The ids of all adapters that scoring stacks in these languages needs, to be held meanwhile."""
    swapped = [swap.find(language) for language in languages] if swap else []
    return {ref.id for stack in stacks for ref in stack.refs} | {ref.id for ref in swapped if ref is not None}


@dataclass(frozen=True)
class EvalContext:
    """Shared services and options of evaluations.

    Args:
        backbone: Frozen.
        zoo: Where adapters come from.
        place: Where data are looked up.
        cache: Folder for encodings, and for embeddings while they are needed; None: encode each time.
        predictions: Folder for what was predicted, one JSON line per example (per word, for tagging); None: not kept.
        submission: Folder for a submission to XTREME; None: not written.
        pooling: Retrieval: what becomes a text's embedding.
        on_language: Called with each language before it is scored.
        on_batch: Called after each batch of a language.
        on_scored: Called after each language with what is known so far of each stack, so that it is kept whatever
            becomes of the next one.
        known: What an earlier run of the same evaluation left of a stack, by language; these are not scored again, but
            their data are read, for what is said of all languages together. Not called where predictions are kept.
    """

    backbone: Backbone
    zoo: Zoo
    place: DataSources
    cache: Path | None = None
    predictions: Path | None = None
    submission: Path | None = None
    pooling: Pooling = DEFAULT_POOLING
    on_language: Callable[[str], None] = lambda language: None
    on_batch: OnBatch = unwatched
    on_scored: Callable[[Sequence[Evaluation]], None] = lambda evaluations: None
    known: Callable[[Stack], Mapping[str, LanguageResult]] = lambda stack: {}

    @property
    def encoder(self) -> Encoder:
        """Turns examples into what the backbone takes."""
        return Encoder(self.backbone.words, self.backbone.fingerprint, self.cache)

    @contextmanager
    def standing(self, stack: Stack, encoded: Encoded, *, usual: Stack) -> Iterator[None]:
        """Let a stack be active inside the block; each of its adapters is proved to have an effect.

        Args:
            encoded: What it will see.
            usual: Adapters of this stack stay in the model afterwards. Another language adapter is not needed again,
                and dozens of them would fill the memory.

        Raises:
            AdapterError: An adapter is missing, damaged or of another backbone.
            UsageError: It fuses other adapters than its target was trained to fuse.
            PreflightError: An adapter has no effect.
        """
        require_fusion(self.zoo, stack)
        names = attach(self.backbone, self.zoo, [ref.id for ref in stack.refs])
        if names:
            check_effects(self.backbone, names, first_inputs(self.backbone, encoded))
        activate(self.backbone, names)
        try:
            yield
        finally:
            # Another stack that stood here at the same time may have taken it out already.
            name = self.backbone.attached.get(stack.language.id) if stack.language is not None else None
            if name is not None and stack.language != usual.language:
                remove(self.backbone, name)

    @property
    def keeps(self) -> bool:
        """Whether predictions are written, so that hidden gold answers are no reason to stop."""
        return self.predictions is not None or self.submission is not None

    def recalled(self, stack: Stack) -> Mapping[str, LanguageResult]:
        """What of a stack need not be scored again, by language."""
        return {} if self.keeps else self.known(stack)

    def keep(self, examples: Examples[Any], predictions: Sequence[Any]) -> None:
        """Write what was predicted, if that is wanted."""
        if self.submission is not None:
            submit(self.submission, examples, predictions)
        if self.predictions is None:
            return
        task_format = FORMATS[examples.task.format]
        pairs = zip(predictions, examples.items, strict=True)
        rows = (row for prediction, example in pairs for row in task_format.prediction_rows(prediction, example))
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_whole(self.predictions / examples.task.name / f"{examples.split}-{examples.language}.jsonl", lines)
