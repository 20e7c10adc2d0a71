"""Many adapters published in one go: a repository for each, and one that lists them."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from madx_stilts.errors import AdapterError
from madx_stilts.files import read_bounded, told_as_storage
from madx_stilts.hub.address import HUB, Address
from madx_stilts.hub.card_data import AdapterCardData, for_page
from madx_stilts.hub.card_writer import README
from madx_stilts.hub.front_matter import LIBRARY
from madx_stilts.hub.pull import COLLECTION
from madx_stilts.stack import AdapterRef
from madx_stilts.strict_json import JsonError, parse
from madx_stilts.zoo.exchange import MAX_CARD_BYTES
from madx_stilts.zoo.store import Zoo

_LONGEST = 96
"""Characters that the hub allows in the name of a repository, owner included."""
_MOST = 10_000
"""Adapters in one list."""


def one_ref_each(zoo: Zoo, own: Sequence[str]) -> list[AdapterRef]:
    """A reference for each adapter of these ids; one with several names is published once, with all of them."""
    first = {ref.id: ref for ref in reversed(zoo.references())}
    return [first[id] for id in own if id in first]


def member_address(collection: Address, ref: AdapterRef) -> Address:
    """The repository of one adapter of a collection."""
    end = f"-{ref.id[:8]}"
    name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{ref.role}-{ref.name}").strip("-.")
    start = f"{collection.repository}-{name}"[: _LONGEST - len(end)].rstrip("-.")
    return Address(start + end, collection.revision)


def write_collection(folder: Path, title: str, stories: Mapping[Address, AdapterCardData]) -> None:
    """Write the README that lists the adapters, and the same for programs.

    Raises:
        StorageError: The folder cannot be written to.
    """
    stories = {address: for_page(story) for address, story in stories.items()}
    listed = [{"ref": str(story.ref), "repository": address.repository} for address, story in stories.items()]
    constructed = any(story.is_constructed for story in stories.values())
    tags = ["stilts", "madx-stilts", *(["constructed-language"] if constructed else [])]
    front = "\n".join(["---", f"library_name: {LIBRARY}", "tags:", *(f"- {tag}" for tag in tags), "---"])
    rows = [
        f"| [{story.ref}](https://huggingface.co/{address.repository}) | {story.base or story.card.backbone.name} "
        f"| {_trained_on(story)} | {_mean(story)} | {story.licence} |"
        for address, story in stories.items()
    ]
    note = "\n\n> **Trained on a constructed world**: no score can be compared with a real one." if constructed else ""
    lines = [
        f"{front}\n\n# {title}{note}",
        f"{len(stories)} adapters for intermediate-task training, each in a repository of its own.",
        "\n".join(["| adapter | backbone | trained on | score | licence |", "| --- | --- | --- | --- | --- |", *rows]),
        f"All of them at once: `madx-stilts zoo pull {HUB}{title}`",
    ]
    with told_as_storage(folder):
        (folder / README).write_text("\n\n".join(lines) + "\n", encoding="utf-8")
        (folder / COLLECTION).write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def read_collection(path: Path, *, source: str) -> list[Address]:
    """The repositories that a collection lists.

    Raises:
        AdapterError: It is damaged.
        UsageError: One has no name of a repository.
    """
    try:
        content = parse(read_bounded(path, limit=MAX_CARD_BYTES))
    except (OSError, JsonError) as error:
        raise _damaged(source) from error
    if not isinstance(content, list) or not content or len(content) > _MOST:
        raise _damaged(source)
    listed = [one.get("repository") if isinstance(one, dict) else None for one in content]
    named = [name for name in listed if isinstance(name, str) and len(name) <= _LONGEST]
    if len(named) < len(listed):
        raise _damaged(source)
    return [Address.parse(f"{HUB}{name}") for name in dict.fromkeys(named)]


def _damaged(source: str) -> AdapterError:
    return AdapterError(f"{COLLECTION} of {source} is damaged.", hint="Ask who published it.")


def _trained_on(story: AdapterCardData) -> str:
    return ", ".join(f"{part.task} ({part.language})" for part in story.card.recipe.parts)


def _mean(story: AdapterCardData) -> str:
    """The mean over languages of the first evaluation, else the dev scores."""
    for one in story.scores:
        values = list(one.result.primary.values())
        if values:
            return f"{one.result.task} {one.result.metric} {sum(values) / len(values):.2f}, {len(values)} languages"
    return ", ".join(f"dev {metric} {value:.2f}" for metric, value in story.card.scores.items()) or "-"
