"""What a backbone is and how it is trained: the configs in `configs/pretrain/`."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import model_validator

from madx_stilts.bounds import BatchSize, Count, Decay, Portion, Rate, Seed, Share, Weight
from madx_stilts.errors import UsageError
from madx_stilts.recipe import Frozen

ArchitectureName = Literal["encoder", "encoder_decoder", "decoder"]
Layers = Annotated[Count, Le(1000)]
Width = Annotated[Count, Le(2**20)]
"""Of a matrix. The sizes that fit together and into memory are fewer still."""


class ModelSize(Frozen):
    """Limits of a backbone: positions, layers, embeddings."""

    layers: Layers
    """Of an encoder-decoder: in each of the two."""
    hidden: Width
    heads: Width
    feed_forward: Width
    vocabulary: Annotated[Width, Ge(400)] = 4000
    """Pieces, special ones included. With 4,000, nearly every word of the miniature is one piece."""

    @model_validator(mode="after")
    def _divisible(self) -> "ModelSize":
        if self.hidden % (2 * self.heads):
            raise ValueError(f"hidden ({self.hidden}) must be a multiple of twice the heads ({self.heads})")
        return self


class TextConfig(Frozen):
    """What is read: documents of the miniature in all seen languages, in equal parts."""

    world: Seed = 1
    """Seed of the miniature world."""
    documents: Count = 80_000
    """In all; they are read again when all were read."""
    translated: Share = 0.3
    """Share of documents that are followed by their translation (translation language modelling, arXiv 1901.07291)."""
    switched: Share = 0.3
    """Share of source documents with some words in another language."""
    joined: Share = 0.2
    """Share of the documents in one language, and of the translated ones, that stand together in longer ones, so that
    late positions are learned too."""
    parted: Share = 0.0
    """Share of the documents of one text that are cut in two segments between two sentences, in either order: tasks of
    pairs look so. Without it, two segments are always translations."""
    measured: Count = 200
    """Documents in each language, others than those that are read, by which accuracy and retrieval are measured."""
    dictionary: bool = True
    """Whether a word begins with the embedding of its translation, where the dictionary has one (as RAMEN, arXiv
    2002.07306, and WECHSEL, arXiv 2112.06598, do with learned dictionaries)."""

    @model_validator(mode="after")
    def _shares(self) -> "TextConfig":
        if self.translated + self.switched > 1:
            raise ValueError(f"translated ({self.translated}) and switched ({self.switched}) exceed all documents")
        return self

    @property
    def counts(self) -> tuple[int, int, int]:
        """Documents in one language, translated ones, and switched ones."""
        translated, switched = round(self.translated * self.documents), round(self.switched * self.documents)
        return self.documents - translated - switched, translated, switched


class Optimisation(Frozen):
    """How the weights are found: Muon for the matrices between layers, AdamW for all others."""

    steps: Count
    batch_size: BatchSize = 64
    """Documents per step."""
    muon_rate: Rate = 0.01
    """With 0.02 the alignment that the dictionary gives is lost early; with 0.005 less is learned in the same time."""
    momentum: Decay = 0.95
    adam_rate: Rate = 2e-3
    adam_betas: tuple[Decay, Decay] = (0.9, 0.98)
    warmup: Share = 0.04
    """Share of all steps in which the rates rise from zero."""
    decay: Share = 0.5
    """Share of all steps, the last ones, in which the rates fall to zero."""
    hidden_share: tuple[Portion, Portion] = (0.1, 0.4)
    """Share of a document's words that must be guessed, drawn between these two for each document. A decoder hides
    nothing: it guesses every next piece."""
    alignment: Weight = 0.0
    """Weight of the contrast between words with their translations and all other words (`alignment.apart`), beside the
    cross entropy of the guesses. For encoders alone."""
    looks: Count = 4
    """How often accuracy and retrieval are measured on the way."""

    @model_validator(mode="after")
    def _consistent(self) -> "Optimisation":
        low, high = self.hidden_share
        if not low <= high < 1:
            raise ValueError(f"hidden_share must rise and stay below 1, not {low} to {high}")
        if self.warmup + self.decay > 1:
            raise ValueError(f"warmup ({self.warmup}) and decay ({self.decay}) exceed all steps")
        return self

    def factor(self, step: int) -> float:
        """The part of the highest rates that a step, counted from 0, is made with."""
        rising = (step + 1) / (self.warmup * self.steps + 1)
        falling = (self.steps - step) / max(1.0, self.decay * self.steps)
        return min(1.0, rising, falling)


class PretrainConfig(Frozen):
    """A backbone from nothing. Every field changes the result."""

    architecture: ArchitectureName
    size: ModelSize
    text: TextConfig = TextConfig()
    train: Optimisation
    storage: Literal["fp32", "fp16"] = "fp16"
    """What the weights are stored in; they are trained in fp32."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _aligned(self) -> "PretrainConfig":
        if self.train.alignment and self.architecture != "encoder":
            raise ValueError(f"train.alignment ({self.train.alignment}) is for an encoder, not for {self.architecture}")
        return self


def require_new(out: Path) -> None:
    """Refuse a folder that is there already.

    Raises:
        UsageError: It is.
    """
    if out.exists():
        raise UsageError(f"{out} exists already.", hint="Name another folder with --out, or remove this one.")
