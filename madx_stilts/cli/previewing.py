"""Examples and their encodings as text. No torch, until something is encoded."""

from dataclasses import asdict, fields
from typing import Any

from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.data.read import Examples
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Limits

_ALIGNED = ("label", "word")
"""What is shown below the pieces, where a format has it for each of them."""

Sequence = dict[str, object]
"""One sequence: `pieces`, what is aligned with them, and `row`, what holds for all of it."""


def example_facts(example: Any) -> dict[str, object]:
    """The fields of an example by name, for programs."""
    return asdict(example)


def encoded(settings: Settings, backbone_name: str, examples: Examples[Any]) -> list[Sequence]:
    """The pieces of each sequence, with what is aligned with them. Loads torch."""
    from madx_stilts.api.backbones import open_backbone
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.data.encode import Encoder

    backbone = open_backbone(workspace(settings, CommonOptions(backbone=backbone_name)).places)
    longest = FORMATS[examples.task.format].max_tokens
    made = Encoder(backbone.words, backbone.fingerprint).encode(examples, Limits(longest, longest // 3))
    sequences: list[Sequence] = []
    for at, (start, end) in enumerate(zip(made.bounds[:-1], made.bounds[1:], strict=True)):
        pieces = backbone.tokenizer.convert_ids_to_tokens(made.tokens["input_ids"][start:end].tolist())
        aligned = {name: made.tokens[name][start:end].tolist() for name in _ALIGNED if name in made.tokens}
        row = {name: int(values[at]) for name, values in made.rows.items()}
        sequences.append({"pieces": pieces, **aligned, "row": row})
    return sequences


def print_preview(examples: Examples[Any], sequences: list[Sequence]) -> None:
    """Print examples, one line per field, and then the sequences they became."""
    echo(f"{examples.task.name}, {examples.language}, {examples.split}: {examples.origin}")
    for example in examples.items:
        echo(f"\nrow {example.row}")
        for field in fields(example):
            if field.name != "row":
                echo(f"  {field.name}: {getattr(example, field.name)}")
    for number, sequence in enumerate(sequences):
        pieces = sequence["pieces"]
        count = len(pieces) if isinstance(pieces, list) else 0
        echo(f"\nsequence {number}, {count} tokens, {sequence['row']}")
        for name in ("pieces", *_ALIGNED):
            values = sequence.get(name)
            if isinstance(values, list):
                echo(f"  {name}: {' '.join(map(str, values))}")
