"""Results of evaluations."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from madx_stilts.card import BackboneNote
from madx_stilts.metrics.means import mean, mean_without_source, transfer_gap
from madx_stilts.tasks.task import Split
from madx_stilts.tasks.world import ConstructedWorld

FACTS = ("n", "candidates", "threshold")
"""What stands beside the metrics of a language: how many examples and candidates, and where mining stops."""


@dataclass(frozen=True)
class LanguageResult:
    """Result of one language; the fields are those of `Evaluation`, without the language."""

    scores: Mapping[str, float]
    baseline: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    remarks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
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
        baseline: By language: what each metric is for one answer to all examples, or in retrieval for a random
            ranking. None for a language whose gold answers are hidden.
        warnings: By language: what makes its predictions look like a failure, each as a clause.
        remarks: By language: what is odd in its data, and how often.
        unscored: Languages that were asked for and are not scored yet.
        notes: What else should be known of these scores.
        world: The constructed world whose data were scored; None: they are real.
        fused: Those of the stack that stand side by side, under the fusion layer of its target.
    """

    task: str
    split: Split
    metric: str
    source_language: str
    stack: tuple[str, ...]
    backbone: BackboneNote
    scores: dict[str, dict[str, float]]
    language_adapters: dict[str, str | None] = field(default_factory=dict)
    baseline: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    warnings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unscored: tuple[str, ...] = ()
    retrieval: Mapping[str, object] | None = None
    notes: tuple[str, ...] = ()
    world: ConstructedWorld | None = None
    fused: tuple[str, ...] = ()

    @property
    def pictured_stack(self) -> str:
        """Its adapters from bottom to top, on one line."""
        fusion = f"({' ∥ '.join(self.fused)})"
        levels = dict.fromkeys(fusion if ref in self.fused else ref for ref in self.stack)
        return " ▸ ".join(levels) or "the bare backbone"

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

    @property
    def known(self) -> dict[str, LanguageResult]:
        """By language: all that is known of those that are scored."""
        return {
            code: LanguageResult(
                values, self.baseline.get(code, {}), self.warnings.get(code, ()), self.remarks.get(code, {})
            )
            for code, values in self.scores.items()
        }

    @property
    def not_above_baseline(self) -> list[str]:
        """Languages in which the primary metric is no higher than without any knowledge."""
        known = {code: self.baseline[code].get(self.metric) for code in self.primary if code in self.baseline}
        return [code for code, base in known.items() if base is not None and self.primary[code] <= base]

    @property
    def all_notes(self) -> tuple[str, ...]:
        """`notes`, and what is odd in data and predictions, a sentence for each kind."""
        return (*self.notes, *self._warned(), *self._remarked())

    def _warned(self) -> Iterator[str]:
        for clause, languages in _by_value(self.warnings).items():
            yield f"In {', '.join(languages)}: {clause}."

    def _remarked(self) -> Iterator[str]:
        for what, languages in _by_value(self.remarks).items():
            counts = ", ".join(f"{language} {self.remarks[language][what]}" for language in languages)
            yield f"The data have {what}, which are scored as they are ({counts})."

    def to_frame(self) -> Any:
        """One row for each language, with its metrics, its baseline and `n`, as a `pandas.DataFrame`."""
        import pandas

        base = {
            code: {"baseline": values[self.metric]} for code, values in self.baseline.items() if self.metric in values
        }
        rows = {code: {**values, **base.get(code, {})} for code, values in self.scores.items()}
        columns = [*self.metrics, *(["baseline"] if base else []), *self.facts]
        return pandas.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("language")

    def __repr__(self) -> str:
        known = self.primary.values()
        average = f"{sum(known) / len(known):.2f}" if known else "not known"
        return f"<Evaluation {self.task}, {self.split}: {self.metric} {average}, mean of {len(self.scores)} languages>"

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.all_notes)
        caveat = "" if self.world is None else f"<p>{escape(self.world.caveat)}</p>"
        return f"<p>{escape(', '.join(self.stack))}</p>{self.to_frame().to_html(float_format='%.2f')}{notes}{caveat}"

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
            "baseline": {language: dict(values) for language, values in self.baseline.items()},
            "warnings": {language: list(clauses) for language, clauses in self.warnings.items() if clauses},
            **({"unscored": list(self.unscored)} if self.unscored else {}),
            "mean": mean(primary) if primary else None,
            "mean_without_source": mean_without_source(primary, source) if others else None,
            "gap": transfer_gap(primary, source) if others and source in primary else None,
            **({"retrieval": dict(self.retrieval)} if self.retrieval is not None else {}),
            "notes": list(self.all_notes),
            "world": None if self.world is None else self.world.facts,
        }


def _by_value(known: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What is known of languages, each with the languages it is known of."""
    found: dict[str, list[str]] = {}
    for language, values in known.items():
        for value in values:
            found.setdefault(value, []).append(language)
    return found
