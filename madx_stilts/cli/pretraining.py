"""The result of a pretraining, on stdout."""

import json

from madx_stilts.cli.output import echo
from madx_stilts.cli.tables import show
from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.pretrain.pretrain import PretrainResult
from madx_stilts.pretrain.quality import ACCURACY, CENTRED, FOUND


def result(made: PretrainResult, *, as_json: bool) -> None:
    """Print the folder and a table of scores."""
    if as_json:
        told = {"folder": str(made.folder), "parameters": made.parameters, "scores": dict(made.scores)}
        echo(json.dumps(told))
        return
    rows = [
        [
            f"{language.name} ({code})" if language.seen else f"{language.name} ({code}, held out)",
            *(_percent(made.scores.get(f"{measure}.{code}")) for measure in (ACCURACY, FOUND, CENTRED)),
        ]
        for code, language in CONSTRUCTED.items()
    ]
    show(
        "Percentages in invented languages: pieces guessed, and translations found by mean hidden states",
        ["language", "guessed", "found", "found, centred"],
        rows,
        numbers=3,
    )
    echo(f"\nWrote {made.parameters:,} parameters to {made.folder}. Use it with: --backbone {made.folder}")


def _percent(score: float | None) -> str:
    return "" if score is None else f"{score:.1f}"
