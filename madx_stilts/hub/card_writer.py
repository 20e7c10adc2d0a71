"""A folder in which an adapter or a whole stack is given to others: plain `adapters` can read it, and this package.

See `madx_stilts.zoo.exchange` for what lies where. Paths of this machine are left out of it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from madx_stilts.card import Card
from madx_stilts.errors import UsageError
from madx_stilts.files import sha256_of, told_as_storage
from madx_stilts.hub.address import base_model
from madx_stilts.hub.card_data import AdapterCardData
from madx_stilts.hub.readme import adapter_readme, stack_readme
from madx_stilts.hub.results import PublishedScores, scored
from madx_stilts.hub.weights import write_pickled
from madx_stilts.stack import AdapterRef, Stack
from madx_stilts.zoo.exchange import REFERENCE, copy_file, names_json
from madx_stilts.zoo.folder import LINEAGE
from madx_stilts.zoo.layer import CARD
from madx_stilts.zoo.store import Zoo

README: Final = "README.md"
SETUP: Final = "adapter_setup.json"
"""In which the `adapters` library tells what stands on what."""
_CONFIGS = frozenset({"adapter_config.json", "head_config.json", "adapter_fusion_config.json"})
_LOCAL_PATH = re.compile(r"(?<![\w.:/])~?(?:/[^/\s]+)+/([^/\s]+)")


@dataclass(frozen=True)
class CardWriter:
    """Writes adapters and their pages for publication.

    Args:
        base: What the backbone is called on the hub, where its name here does not tell.
        repository: `owner/name` that readers will find it under; empty: they have the folder.
        results: Scores of stacks.
    """

    zoo: Zoo
    base: str | None = None
    repository: str = ""
    results: Sequence[PublishedScores] = ()


def write_adapter(press: CardWriter, ref: AdapterRef, folder: Path) -> AdapterCardData:
    """Write an adapter with all that it stands on into an empty folder.

    Raises:
        AdapterError: It, or one below it, is missing or damaged.
        UsageError: Plain `adapters` could not run it.
        StorageError: The folder cannot be written to.
    """
    story = story_of(press, ref)
    _require_plain(story)
    _write_member(press, story.card, folder, pickled=False)
    write_pickled(folder)
    for card in story.lineage[:-1]:
        _write_member(press, card, folder / LINEAGE / card.name, pickled=False)
    _write_text(folder / README, adapter_readme(story))
    return story


def write_stack(press: CardWriter, stack: Stack, folder: Path) -> list[AdapterCardData]:
    """Write a whole stack into an empty folder, so that `load_adapter_setup` of plain `adapters` loads it.

    Raises:
        AdapterError: One of its adapters is missing or damaged.
        UsageError: The uppermost adapter has several heads, of which none is the only one, or stands on a fusion.
        StorageError: The folder cannot be written to.
    """
    if stack.fused:
        raise UsageError(
            f"The stack {stack} has a fusion, and a whole stack is given away without one only.",
            hint=f"Give {stack.target} alone: all that it stands on goes with it.",
        )
    stories = [story_of(press, ref) for ref in stack.refs]
    for story in stories:
        _write_member(press, story.card, folder / story.card.name, pickled=True)
    inside = {story.card.id for story in stories}
    others = {card.id: card for story in stories for card in story.lineage if card.id not in inside}
    for card in others.values():
        _write_member(press, card, folder / LINEAGE / card.name, pickled=False)
    names = [story.card.name for story in stories]
    top = stories[-1].card
    if "head_config.json" not in top.files and any(name.endswith("head_config.json") for name in top.files):
        raise UsageError(
            f"{top.name} has a head for each of several tasks, and a published stack answers one.",
            hint="Put a target adapter on top, or publish the adapter alone.",
        )
    setup = {
        "adapter_setup": {"type": "Stack", "children": [{"type": "single", "children": [name]} for name in names]},
        "head_setup": top.name if "head_config.json" in top.files else None,
        "version": f"adapters.{top.versions.get('adapters', '1.3.0')}",
    }
    _write_text(folder / SETUP, json.dumps(setup, indent=2))
    _write_text(folder / README, stack_readme(stories))
    return stories


def _require_plain(story: AdapterCardData) -> None:
    """A fusion is in every layer that anything else of the stack is in; elsewhere adapters 1.3.0 fails."""
    if not story.fused:
        return
    held = set(story.fused[0].recipe.method.leave_out)
    others = [card for card in (*story.below, story.card) if not held <= set(card.recipe.method.leave_out)]
    if others:
        raise UsageError(
            f"{story.card.name} fuses adapters that leave out layers {sorted(held)}, and {others[0].name} does not: "
            "adapters 1.3.0 fails in such layers, so nobody could use it with plain adapters.",
            hint="Copy it into another zoo with `madx-stilts zoo publish REF --to FOLDER`.",
        )


def story_of(press: CardWriter, ref: AdapterRef) -> AdapterCardData:
    """All that is told of an adapter.

    Raises:
        AdapterError: It, or one below it, is missing or damaged.
    """
    lineage = [_fit_to_be_seen(card) for card in press.zoo.lineage(ref.id)]
    backbone = lineage[-1].backbone
    return AdapterCardData(
        ref=ref,
        lineage=lineage,
        titles={card.id: _title(press.zoo, card) for card in lineage},
        base=base_model(backbone.name, press.base),
        repository=press.repository,
        scores=scored(press.results, ref.id, fingerprint=backbone.fingerprint),
        head=_head(press.zoo, lineage[-1]),
    )


def _head(zoo: Zoo, card: Card) -> dict[str, Any]:
    """The library's settings of the only head; empty without one."""
    if "head_config.json" not in card.files:
        return {}
    found: dict[str, Any] = json.loads((zoo.folder(card.id) / "head_config.json").read_text(encoding="utf-8"))["config"]
    return found


def _title(zoo: Zoo, card: Card) -> str:
    return next((str(ref) for ref in zoo.refs_of(card.id)), card.name)


def _write_member(press: CardWriter, card: Card, folder: Path, *, pickled: bool) -> None:
    """Write files, card and names; configs say what the backbone is called on the hub, and the card follows."""
    source, public = press.zoo.folder(card.id), base_model(card.backbone.name, press.base)
    for name in card.files:
        copy_file(source / name, folder / name)
        if public and Path(name).name in _CONFIGS:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            _write_text(folder / name, json.dumps(content | {"model_name": public}, indent=2, sort_keys=True))
    sums = {name: sha256_of(folder / name) for name in card.files}
    _write_text(folder / CARD, card.model_copy(update={"files": sums}).to_json())
    _write_text(folder / REFERENCE, names_json(card.id, _refs(press.zoo, card)))
    if pickled:
        write_pickled(folder)


def _refs(zoo: Zoo, card: Card) -> list[AdapterRef]:
    found = zoo.refs_of(card.id)
    if not found:
        raise UsageError(f"{card.name} ({card.id[:8]}) has no name in the zoo.", hint="Train it again: that names it.")
    return found


def _fit_to_be_seen(card: Card) -> Card:
    """The card without paths of this machine: of each, only the last name stays."""
    origins = {key: _LOCAL_PATH.sub(r"\1", text) for key, text in card.origins.items()}
    return card.model_copy(
        update={"origins": origins, "notes": tuple(_LOCAL_PATH.sub(r"\1", one) for one in card.notes)}
    )


def _write_text(path: Path, text: str) -> None:
    with told_as_storage(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
