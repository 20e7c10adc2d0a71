"""One adapter of a zoo as a page: recipe, lineage, data, scores, cost, files. No torch."""

from collections.abc import Mapping
from pathlib import Path

from madx_stilts.card import Card
from madx_stilts.cli.page import Facts
from madx_stilts.recipe import Recipe, Sampling, TrainSettings
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.lineage import lineage_lines
from madx_stilts.zoo.store import Zoo

_DIGITS = 8
"""Of ids and fingerprints that are only to be told apart."""


def adapter_sections(zoo: Zoo, ref: AdapterRef) -> dict[str, Facts]:
    """All that a card says, in sections.

    Raises:
        AdapterError: The adapter, or one that it stands on, is missing or damaged.
    """
    card, folder = zoo.card(ref.id), zoo.folder(ref.id)
    others = [str(other) for other in zoo.refs_of(ref.id) if str(other) != str(ref)]
    lineage = zoo.lineage(ref.id)
    titles = {one.id: _title(zoo, one) for one in lineage}
    return {
        "": [
            ("also named", ", ".join(others)),
            ("backbone", _backbone(card)),
            ("taken from", card.foreign.source if card.foreign else ""),
            ("licence", card.licence),
            ("created", card.created),
            ("id", card.id),
        ],
        "Recipe": _recipe(card.recipe) if card.foreign is None else _known(card.recipe),
        "Lineage": [(line, _stands_on(zoo, one)) for one, line in lineage_lines(lineage, titles)],
        "Data": [(key, _data(card, key)) for key in sorted(card.data)],
        "Scores on the dev data": [(metric, f"{value:.2f}") for metric, value in card.scores.items()],
        "Cost": _cost(card),
        f"Files in {folder}": [(name, _file(folder / name, digest)) for name, digest in sorted(card.files.items())],
        "Made with": [(library, version) for library, version in sorted(card.versions.items())],
        "Notes": [(str(number), text) for number, text in enumerate(card.notes, start=1)],
    }


def _backbone(card: Card) -> str:
    note = card.backbone
    shape = f"{note.model_type}, {note.layers} layers of {note.hidden_size}"
    return f"{note.name} ({shape}), fingerprint {note.fingerprint[:_DIGITS]}"


def _recipe(recipe: Recipe) -> Facts:
    method = recipe.method.model_dump(exclude_defaults=True, exclude={"kind", "reduction_factor"})
    size = f"{recipe.method.kind}, reduction factor {recipe.method.reduction_factor:g}"
    usual = TrainSettings().model_dump()
    changed = {key: value for key, value in recipe.train.model_dump().items() if value != usual[key]}
    return [
        *(("task", f"{part.task} in {part.language}, {_limit(part.limit)}") for part in recipe.parts),
        *(
            [("sampling", ", ".join(_settings(recipe.sampling.model_dump(exclude_none=True))))]
            if recipe.sampling
            else []
        ),
        ("method", ", ".join([size, *_settings(method)])),
        ("training", ", ".join([*_settings(changed), "all else as in the config default"])),
        ("seed", str(recipe.seed)),
    ]


def _known(recipe: Recipe) -> Facts:
    """What is known of how others trained an adapter."""
    known = {"task", "method"}
    return [*(fact for fact in _recipe(recipe) if fact[0] in known), ("training", "not known")]


def _present(sampling: Sampling | None) -> list[Sampling]:
    return [] if sampling is None else [sampling]


def _limit(limit: int | None) -> str:
    return "all examples" if limit is None else f"at most {limit:,} examples"


def _settings(values: Mapping[str, object]) -> list[str]:
    return [f"{key.replace('_', ' ')} {value}" for key, value in values.items()]


def _title(zoo: Zoo, card: Card) -> str:
    """A reference to the adapter, if it has one."""
    return next((str(ref) for ref in zoo.refs_of(card.id)), f"@{card.id[:_DIGITS]}")


def _stands_on(zoo: Zoo, card: Card) -> str:
    below = " ▸ ".join(_title(zoo, zoo.card(identity)) for identity in card.recipe.below)
    fused = " ∥ ".join(_title(zoo, zoo.card(identity)) for identity in card.recipe.fused)
    below = " ▸ ".join([*([below] if below else []), *([f"the fusion of {fused}"] if fused else [])])
    text = f"on {below}" if below else "on the bare backbone"
    if card.recipe.start is not None:
        head = "adapter and head" if card.recipe.start.head else "adapter"
        text += f", beginning with the {head} of {_title(zoo, zoo.card(card.recipe.start.adapter))}"
    return text


def _data(card: Card, key: str) -> str:
    return f"{card.origins.get(key, 'origin not told')}, fingerprint {card.data[key][:_DIGITS]}"


def _cost(card: Card) -> Facts:
    return [
        ("steps", f"{card.steps:,}"),
        ("examples", f"{card.examples_seen:,} (one counts each time it is seen)"),
        ("time", f"{card.wall_seconds:,.1f} s"),
        ("peak memory", f"{card.peak_bytes / 1e9:.2f} GB"),
    ]


def _file(path: Path, digest: str) -> str:
    return f"{path.stat().st_size:,} bytes, sha256 {digest[:_DIGITS]}"
