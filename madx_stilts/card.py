"""The birth certificate of an adapter: what made it, what it stands on, what it scored, and the sum of every file."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationError, model_validator

from madx_stilts.errors import AdapterError, NewerAdapter
from madx_stilts.files import canonical_json, digest
from madx_stilts.findings import listed
from madx_stilts.languages import is_constructed
from madx_stilts.recipe import Frozen, Recipe
from madx_stilts.strict_json import JsonError, parse

FORMAT_VERSION: Final = 1
"""Raised when a card's keys change their meaning."""

MASKED_LM_HEAD: Final = "masked_lm:head"
"""Stands among a card's data for the output layer of masked language modelling, which no backbone's fingerprint has."""

Sum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A sha256 in hexadecimal."""
FileName = Annotated[str, Field(pattern=r"^\w[\w.+-]*(/\w[\w.+-]*)*$", max_length=500)]
"""Of a file in an adapter's folder, or in a folder of that: `heads/mnli/model_head.safetensors`."""
Amount = Annotated[int, Field(ge=0, le=2**63)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
CleanText = Annotated[str, Field(max_length=10_000)]
MANY: Final = 1_000
"""Entries of a list or table on a card: far more than any training makes."""


def _real(instant: str) -> str:
    """Refuse the thirteenth month and the thirtieth of February, which the pattern lets through."""
    datetime.fromisoformat(instant)
    return instant


Instant = Annotated[
    str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|\+00:00)$"), AfterValidator(_real)
]
"""A moment in UTC, to the second: `2024-05-31T09:00:00Z`."""


def now() -> str:
    """This moment, as an `Instant`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class BackboneNote(Frozen):
    """The frozen model that an adapter was trained on, and fits alone."""

    name: CleanText
    fingerprint: CleanText
    model_type: CleanText
    """Architecture, in the words of `transformers` ("xlm-roberta")."""
    hidden_size: Annotated[int, Field(ge=1, le=1_000_000)]
    layers: Annotated[int, Field(ge=1, le=10_000)]


class Parent(Frozen):
    """An adapter that another one was trained on top of, or started from."""

    reference: CleanText
    """As a person wrote it at that time; for reading only."""
    id: Sum


class Foreign(Frozen):
    """Where an adapter comes from that this package did not train."""

    source: CleanText
    """`hub:owner/name@commit`, or the name of the folder that it was imported from."""
    files: Annotated[dict[FileName, Sum], Field(min_length=1, max_length=MANY)]
    """The sha256 of each file as it was found there. With the backbone, they are the adapter's identity."""


class Card(Frozen):
    """Everything worth knowing about one adapter. The role is not in it: references give roles to adapters."""

    format_version: Annotated[int, Field(ge=1)] = FORMAT_VERSION
    id: Sum
    name: Annotated[str, Field(min_length=1, max_length=250)]
    """Of the adapter and its head inside the files."""
    recipe: Recipe
    backbone: BackboneNote
    data: Annotated[dict[CleanText, CleanText], Field(max_length=MANY)]
    """Fingerprint of each data set that training read, by `task@language:split`; and where texts were learned from, by
    `MASKED_LM_HEAD` the sha256 of the checkpoint's own head, or `fresh` where one was trained."""
    origins: Annotated[dict[CleanText, CleanText], Field(max_length=MANY)] = {}
    """Where each of these data sets came from, by the same keys."""
    parents: Annotated[tuple[Parent, ...], Field(max_length=MANY)] = ()
    steps: Amount = 0
    """Optimiser steps until training ended."""
    examples_seen: Amount = 0
    scores: Annotated[dict[CleanText, float], Field(max_length=MANY)] = {}
    """On the dev data, by metric."""
    files: Annotated[dict[FileName, Sum], Field(max_length=MANY)] = {}
    """The sha256 of each file; filled in by the zoo."""
    versions: Annotated[dict[CleanText, CleanText], Field(max_length=MANY)] = {}
    """Of this package and the libraries it ran with."""
    licence: CleanText = ""
    created: Instant = Field(default_factory=now)
    wall_seconds: Seconds = 0.0
    """Of the process that finished it; what earlier ones spent before they were stopped is not known."""
    peak_bytes: Amount = 0
    notes: Annotated[tuple[CleanText, ...], Field(max_length=MANY)] = ()
    """What a user must know, one sentence each."""
    foreign: Foreign | None = None
    """Of an adapter that others trained. Of its recipe, only parts and method are known."""

    @model_validator(mode="after")
    def _parents_are_those_of_the_recipe(self) -> "Card":
        """So that none is its own ancestor: the id of an adapter covers those of all that it was made from."""
        needed, named = {*self.recipe.parents}, {parent.id for parent in self.parents}
        if unnamed := needed - named:
            raise ValueError(f"the recipe needs {', '.join(sorted(unnamed))}, which is not among the parents")
        if strange := named - needed:
            raise ValueError(f"it names the parent {min(strange)}, which its recipe does not need")
        if self.foreign is not None and named:
            raise ValueError("it was not trained by this package, so it has no parents here")
        return self

    @property
    def is_constructed(self) -> bool:
        """Whether it learned from text of a constructed language."""
        return any(is_constructed(part.language) for part in self.recipe.parts)

    @property
    def expected_id(self) -> str:
        """The id that follows from recipe, backbone and data; of a foreign adapter, from its files and the backbone."""
        if self.foreign is not None:
            return digest({"foreign": self.foreign.files, "backbone": self.backbone.fingerprint})
        return self.recipe.identity(backbone=self.backbone.fingerprint, data=self.data)

    def to_json(self) -> str:
        """The one JSON text of this card."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str | bytes, *, source: str = "The card") -> "Card":
        """Read a card.

        Args:
            source: What the text is called in messages, usually its file.

        Raises:
            AdapterError: It is damaged, or, as `NewerAdapter`, of a newer format than is known here.
        """
        try:
            content = parse(text)
        except JsonError as error:
            raise _damaged(source, str(error)) from error
        if not isinstance(content, dict):
            raise _damaged(source, "it holds no JSON object")
        version = content.get("format_version")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise NewerAdapter(
                f"{source} has format {version}; this version of madx-stilts knows up to {FORMAT_VERSION}.",
                hint="Update madx-stilts, or name another zoo folder with --zoo.",
            )
        try:
            return cls.model_validate_json(text, strict=True)
        except ValidationError as error:
            raise _damaged(source, listed(error)) from error


def _damaged(source: str, reason: str) -> AdapterError:
    return AdapterError(
        f"{source} is damaged: {reason}.",
        hint="Run `madx-stilts zoo verify` to see all that is damaged. Remove its folder to train the adapter again.",
    )
