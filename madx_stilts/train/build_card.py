"""An adapter's birth certificate: what it was made from, and what a person must know of how."""

import sys
from importlib.metadata import version

import numpy as np

from madx_stilts.card import MASKED_LM_HEAD, Card, Parent
from madx_stilts.formats.text import LEFT_OUT
from madx_stilts.nets.backbone import Backbone
from madx_stilts.recipe import Recipe
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train.batches import BatchSampler
from madx_stilts.train.examples import TrainingExamples
from madx_stilts.zoo.store import Zoo

_LIBRARIES = ("madx-stilts", "torch", "transformers", "adapters", "datasets")


def certificate(
    recipe: Recipe, materials: TrainingExamples, backbone: Backbone, zoo: Zoo, *, name: str, identity: str
) -> Card:
    """The card of an adapter, but for what only its training tells.

    Raises:
        AdapterError: The zoo lacks one that the recipe names.
    """
    return Card(
        id=identity,
        name=name,
        recipe=recipe,
        backbone=backbone.note(),
        data=fingerprints(recipe, materials, backbone),
        origins=materials.origins | ({MASKED_LM_HEAD: _origin_of_head(backbone)} if _guesses_words(recipe) else {}),
        parents=tuple(Parent(reference=zoo.card(parent).name, id=parent) for parent in recipe.parents),
        versions={library: version(library) for library in _LIBRARIES} | {"python": sys.version.split()[0]},
        licence=materials.licence,
        notes=("Everything below the lowest task adapter ran without dropout.", *_cached(recipe), *materials.notes),
    )


def fingerprints(recipe: Recipe, materials: TrainingExamples, backbone: Backbone) -> dict[str, str]:
    """Fingerprints of all that a training reads beside its recipe and the frozen weights, for its identity.

    Raises:
        BackboneError: It guesses words, and the checkpoint's head for that cannot be used.
    """
    head = {MASKED_LM_HEAD: backbone.masked_lm_identity()} if _guesses_words(recipe) else {}
    return materials.fingerprints | head


def notes_of_feed(recipe: Recipe, feed: BatchSampler, *, done: int) -> tuple[str, ...]:
    """What a person must know of what the steps of a training learned from, a sentence each."""
    return *_left_out(recipe, feed), *_shares(recipe, feed.steps_of(done))


def _guesses_words(recipe: Recipe) -> bool:
    return any(part.task == MASKED_LM.name for part in recipe.parts)


def _origin_of_head(backbone: Backbone) -> str:
    return "trained with the adapter" if backbone.pretrained_head is None else "came with the backbone"


def _cached(recipe: Recipe) -> tuple[str, ...]:
    """Where what leaves the trunk came from, as a sentence, if not from computing it for each batch."""
    sentence = "It was computed once for each example and kept, so it differs by rounding from batch by batch."
    return (sentence,) if recipe.trunk else ()


def _left_out(recipe: Recipe, feed: BatchSampler) -> tuple[str, ...]:
    """Which texts the tokenizer could make nothing of, a sentence for each part."""
    counts = (int(supply.encoded.rows.get(LEFT_OUT, np.zeros(1)).sum()) for supply in feed.supplies)
    return tuple(
        f"{count} texts of {part.task}@{part.language} were left out: the tokenizer knows nothing in them."
        for part, count in zip(recipe.parts, counts, strict=True)
        if count
    )


def _shares(recipe: Recipe, steps: list[int]) -> tuple[str, ...]:
    """How the steps of a mixture were divided, as a sentence."""
    if len(recipe.parts) == 1:
        return ()
    each = (f"{part.task}@{part.language} {n}" for part, n in zip(recipe.parts, steps, strict=True))
    return (f"Steps of each part: {', '.join(each)}.",)
