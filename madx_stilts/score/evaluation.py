"""What an evaluation says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from madx_stilts.card import BackboneNote
from madx_stilts.metrics.means import mean, mean_without_source, transfer_gap
from madx_stilts.tasks.world import World

FACTS = ("n", "candidates", "threshold")
"""What stands beside the metrics of a language: how many examples and candidates, and where mining stops."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of one stack on one task.

    Args:
        scores: By language: each metric, 0 to 100, and `n`, the number of examples. A language whose gold answers are
            hidden has no metrics. Retrieval also has the number of `candidates`, and mining the `threshold` of the
            margin.
        language_adapters: Which language adapter each language got, if any; with those of other languages in which
            texts were searched.
        retrieval: Retrieval only: `layer`, of `layers`; `pooling`; `max_tokens`; `tuned`, the dev score of each layer
            where the layer was chosen by it.
        notes: What should be known of these scores.
        world: The constructed world whose data were scored; none: they are real.
        fused: Those of the stack that stand side by side, under the fusion layer of its target.
    """

    task: str
    split: str
    metric: str
    source_language: str
    stack: tuple[str, ...]
    backbone: BackboneNote
    scores: dict[str, dict[str, float]]
    language_adapters: dict[str, str | None] = field(default_factory=dict)
    retrieval: Mapping[str, object] | None = None
    notes: tuple[str, ...] = ()
    world: World | None = None
    fused: tuple[str, ...] = ()

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics, the primary one first."""
        names = dict.fromkeys([self.metric, *(name for values in self.scores.values() for name in values)])
        return [name for name in names if name not in FACTS]

    @property
    def facts(self) -> list[str]:
        """Names of what else is known of each language."""
        return [name for name in FACTS if any(name in values for values in self.scores.values())]

    @property
    def primary(self) -> dict[str, float]:
        """The primary metric by language, where it is known."""
        return {language: values[self.metric] for language, values in self.scores.items() if self.metric in values}

    def as_json(self) -> dict[str, object]:
        """What `evaluate --json` prints; `mean`, `mean_without_source` and `gap` are of the primary metric."""
        primary, source = self.primary, self.source_language
        others = {language: score for language, score in primary.items() if language != source}
        return {
            "task": self.task,
            "split": self.split,
            "metric": self.metric,
            "source_language": source,
            "stack": list(self.stack),
            **({"fused": list(self.fused)} if self.fused else {}),
            "backbone": {"name": self.backbone.name, "fingerprint": self.backbone.fingerprint},
            "scores": self.scores,
            "language_adapters": self.language_adapters,
            "mean": mean(primary) if primary else None,
            "mean_without_source": mean_without_source(primary, source) if others else None,
            "gap": transfer_gap(primary, source) if others and source in primary else None,
            **({"retrieval": dict(self.retrieval)} if self.retrieval is not None else {}),
            "notes": list(self.notes),
            "world": None if self.world is None else self.world.facts,
        }
