"""Scores of one stack in many languages, as a table."""

from collections.abc import Mapping

from madx_stilts.cli.output import echo
from madx_stilts.cli.places import print_caveat
from madx_stilts.cli.tables import show
from madx_stilts.cli.telling import note
from madx_stilts.metrics.means import mean
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.tasks.world import language_name

BASELINE = "baseline"


def print_scores(title: str, result: Evaluation) -> None:
    """Print a row per language, and below it mean, mean without the source language and gap.

    The baseline is that of the primary metric.
    """
    base = {code: values[result.metric] for code, values in result.baseline.items() if result.metric in values}
    columns = [*result.metrics, *([BASELINE] if base else []), *result.facts]
    rows = [
        [
            language,
            language_name(language, result.world),
            *_cells(values | ({BASELINE: base[language]} if language in base else {}), columns),
        ]
        for language, values in result.scores.items()
    ]
    names = ["language", "name", *(column.replace("_", " ") for column in columns)]
    show(title, names, rows, whole=2, numbers=len(columns))
    echo(f"\n{_summary(result.as_json())}")
    if base:
        how = "one answer to all of them" if result.retrieval is None else "a random ranking"
        echo(f"{BASELINE}, what {how} gets: mean {mean(base):.2f}")
    if result.retrieval is not None:
        echo(_embedding(result.retrieval))
    print_caveat(result.world)


def print_notes(result: Evaluation) -> None:
    """Print on stderr what should be known of scores, whichever way they are printed."""
    for line in result.all_notes:
        note(line)
    if result.not_above_baseline:
        note(f"{result.metric} is not above the baseline in {', '.join(result.not_above_baseline)}.")
    if result.unscored:
        note(f"Not scored: {', '.join(result.unscored)}.")


def _cells(values: dict[str, float], columns: list[str]) -> list[str]:
    """Each metric, and what else is known; a dash where a score is not known."""
    digits = {"n": 0, "candidates": 0, "threshold": 4}
    return [f"{values[column]:.{digits.get(column, 2)}f}" if column in values else "-" for column in columns]


def _embedding(facts: Mapping[str, object]) -> str:
    """What the vectors were made of."""
    chosen = ", the best on dev" if facts["tuned"] else ""
    return (
        f"embeddings: layer {facts['layer']} of {facts['layers']}{chosen}, {facts['pooling']} pooling, "
        f"texts of at most {facts['max_tokens']} tokens"
    )


def _summary(values: dict[str, object]) -> str:
    parts = []
    for key, words in (("mean", "mean"), ("mean_without_source", "without"), ("gap", "transfer gap")):
        value = values[key]
        source = f" {values['source_language']}" if key == "mean_without_source" else ""
        parts.append(f"{words}{source} {value:.2f}" if isinstance(value, float) else f"{words}{source} -")
    return f"{values['metric']}: " + ", ".join(parts)
