"""Everything that determines a trained adapter, in one value with one hash.

The role is not in it: an XNLI target trained on MNLI and an MNLI intermediate are one training when all else agrees.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Field, model_validator

from madx_stilts.bounds import (
    FEW,
    MANY,
    TINY,
    BatchSize,
    Count,
    Decay,
    Epsilon,
    Length,
    Norm,
    Portion,
    Position,
    Rate,
    ReductionFactor,
    Seed,
    Share,
    Temperature,
    Tokens,
    Weight,
)
from madx_stilts.files import digest
from madx_stilts.tasks.text import MASKED_LM

MethodKind = Literal["seq_bn", "seq_bn_inv", "double_seq_bn", "compacter", "ia3", "lora", "par_bn", "loreft"]
SamplingKind = Literal["proportional", "uniform", "temperature"]
COMPOSABLE: frozenset[str] = frozenset({"seq_bn", "seq_bn_inv", "double_seq_bn", "compacter", "ia3"})
"""Methods that keep the effect of what lies below when stacked in adapters 1.3.0; the others silently lose it
(lora and par_bn drop the lower adapter, loreft the upper one), so they are allowed alone only."""
LOWEST_ONLY: frozenset[str] = frozenset({"seq_bn_inv"})
"""Composable methods with a part that adapters 1.3.0 runs only in the lowest adapter of a stack, and elsewhere leaves
out without a word, in training and in scoring."""
FUSABLE: frozenset[str] = frozenset({"seq_bn", "double_seq_bn", "compacter"})
"""Methods whose adapters can stand side by side under a fusion layer: bottlenecks in a layer, without an invertible
part, which adapters 1.3.0 cannot fuse."""


def why_alone(kind: str) -> str:
    """Why adapters of a kind are not stacked, as a sentence for the user."""
    known = ", ".join(sorted(COMPOSABLE))
    return f"{kind} adapters cannot be stacked: adapters 1.3.0 silently loses one of the two. These can: {known}."


def why_only_lowest(kind: str) -> str:
    """Why adapters of a kind stand on no others, as a sentence for the user; empty: they can."""
    if kind not in LOWEST_ONLY:
        return ""
    return (
        f"{kind} adapters stand on no other adapter: in adapters 1.3.0 the invertible part runs only at the bottom of "
        "a stack."
    )


class Frozen(BaseModel):
    """A value: no unknown keys, no NaN or infinity, no changes after it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Method(Frozen):
    """The kind of adapter and its size, in the words of the `adapters` package."""

    kind: MethodKind = "seq_bn"
    reduction_factor: ReductionFactor = 16
    """Hidden width over bottleneck width; unused by ia3, lora and loreft."""
    leave_out: Annotated[tuple[Position, ...], MANY] = ()
    """Layers without an adapter, counted from the bottom, 0 first."""


def why_not_fused(methods: Sequence[Method]) -> str:
    """Why adapters of these methods cannot be fused, as a sentence for the user; empty if they can."""
    kinds = sorted({method.kind for method in methods})
    if strange := [kind for kind in kinds if kind not in FUSABLE]:
        return f"{', '.join(strange)} adapters cannot be fused; these can: {', '.join(sorted(FUSABLE))}."
    if len(kinds) > 1:
        return f"Adapters that are fused must be of one kind, these are {' and '.join(kinds)}."
    if len({frozenset(method.leave_out) for method in methods}) > 1:
        written = " and ".join(dict.fromkeys(str(sorted(set(method.leave_out))) for method in methods))
        return f"Adapters that are fused must leave out the same layers, these leave out {written}."
    return ""


class TrainSettings(Frozen):
    """How to optimise. Every field changes the result, so every field is part of the recipe."""

    learning_rate: Rate = 5e-4
    schedule: Literal["linear", "constant"] = "linear"
    warmup: Share = 0.06
    """Share of all steps in which the rate rises from zero."""
    weight_decay: Weight = 0.0
    adam_betas: tuple[Decay, Decay] = (0.9, 0.999)
    adam_epsilon: Epsilon = 1e-8
    clip_norm: Norm = 1.0
    """Bound on the norm of one adapter's gradient, head included."""
    batch_size: BatchSize = 32
    """Examples per optimiser step."""
    accumulate: BatchSize = 1
    """Parts in which a batch is computed; more parts need less memory."""
    epochs: Count = 3
    max_steps: Count | None = None
    """Stop after so many steps, whatever `epochs` says; data are repeated as often as needed."""
    max_tokens: Length = 256
    """Longest sequence, in tokens, special ones included; longer texts are cut or windowed by their format."""
    stride: Position | None = None
    """Tokens that two windows of one long text share; None: a third of `max_tokens`."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    evaluate_every: Count | None = None
    """Steps between two looks at the dev data; None: once per epoch."""
    patience: Count | None = None
    """Stop after so many looks without a better dev score; None: never."""
    dev_limit: Count | None = None
    """Score so many dev examples at most; None: as many as the training examples are limited to, all where they are
    not (`resolve_train`)."""
    keep: Literal["best", "last", "average"] = "best"
    """Which weights become the artefact: best on dev, last, or the mean of `snapshots` (arXiv 2305.16834)."""
    snapshots: Count = 10
    """Equally spaced checkpoints that `keep: average` averages."""
    unfreeze_every: Count | None = None
    """Gradual unfreezing (arXiv 2301.05487): begin with the topmost layer's adapter, add the next lower one each
    time so many steps have passed; None: all layers from the first step."""
    masked_share: Portion = 0.15
    """Masked language modelling only: share of pieces that must be guessed."""
    translations: Annotated[Weight, Ge(TINY)] | None = None
    """Language adapters from parallel text only: weight in the loss of the distance between what the adapter makes of a
    text and what the backbone makes of its translation (`train.translations`); None: words are guessed, no more."""
    storage: Literal["fp16"] | None = None
    """What the weights are stored in; None: fp32, as they are trained. What is trained or scored on the adapter later
    sees them as stored; the dev scores on its card are those before."""

    @model_validator(mode="after")
    def _consistent(self) -> "TrainSettings":
        if self.batch_size % self.accumulate:
            raise ValueError(f"batch_size ({self.batch_size}) must be a multiple of accumulate ({self.accumulate})")
        if self.shared_tokens >= self.max_tokens:
            raise ValueError(f"stride ({self.stride}) must be smaller than max_tokens ({self.max_tokens})")
        return self

    @property
    def shared_tokens(self) -> int:
        """Tokens that two windows of one long text share."""
        return self.max_tokens // 3 if self.stride is None else self.stride


def why_dies(method: Method, train: TrainSettings) -> str:
    """Why an adapter would lose its effect in training, as a clause; empty: it would not."""
    if method.kind == "loreft" and train.weight_decay:
        # torch keeps the sign of an orthogonal matrix as a float 1, which it rounds down: after decay it is 0.
        return f"weight_decay is {train.weight_decay}, and with any but 0 a loreft adapter comes to do nothing"
    return ""


def why_not_translated(train: TrainSettings) -> str:
    """Why a task cannot be trained with these settings, as a clause; empty: it can."""
    if train.translations is None:
        return ""
    return f"translations ({train.translations}) has an effect on language adapters alone"


class Part(Frozen):
    """One task's training data, in one language."""

    task: str
    version: int = 1
    language: str
    limit: Count | None = None
    """Train on so many examples, a deterministic sample; samples of growing size contain one another; of plain text,
    the first ones."""
    tokens: Tokens | None = None
    """Masked language modelling only: train on the first texts that have so many tokens together."""


class Sampling(Frozen):
    """How often each part of a mixture is drawn. A batch is of one part; shares are shares of batches.

    With `n` examples in a part, its share is proportional to `min(n, cap) ** (1 / temperature)` (T5, arXiv 1910.10683
    §3.5.2; jiant's samplers are the same): `uniform` takes an infinite temperature, `proportional` one of 1.
    """

    kind: SamplingKind = "proportional"
    cap: Count | None = None
    """A part counts as having so many examples at most; all of them are still used."""
    temperature: Temperature | None = None
    masked_lm: Portion | None = None
    """Share of masked language modelling beside other tasks; the rest is divided among them as told above."""

    @model_validator(mode="after")
    def _consistent(self) -> "Sampling":
        if self.cap is not None and self.kind == "uniform":
            raise ValueError("uniform sampling counts no examples, so a cap has no effect")
        if (self.kind == "temperature") != (self.temperature is not None):
            raise ValueError("a temperature is needed for temperature sampling, and for no other")
        return self


class StartWeights(Frozen):
    """Weights that training begins with instead of fresh ones."""

    adapter: str
    """Id of the adapter whose weights are copied."""
    head: bool = False
    """Whether its head is copied too."""


class FusionSettings(Frozen):
    """Settings of a fusion layer, beside the settings of the adapter above it."""

    rate: Rate = 0.1
    """Its learning rate over that of the adapter. Its matrices are as wide as the backbone, and steps that suit a
    bottleneck throw them off; the paper takes 5e-5."""
    pull: Weight = 0.01
    """Weight in the loss of the squared distance between the value matrices and the identity, where they begin."""


class Fusion(FusionSettings):
    """A fusion layer that is trained with the adapter above it, over frozen adapters (AdapterFusion, arXiv 2005.00247).

    In each layer that has the members, attention of the hidden states over what the members answer decides how much of
    each is taken. Which member stands first changes nothing but the rounding of sums; it is part of the recipe all the
    same, since equal recipes make equal bytes.
    """

    members: Annotated[tuple[str, ...], Field(min_length=2), FEW]
    """Ids of the adapters that stand side by side."""

    @model_validator(mode="after")
    def _distinct(self) -> "Fusion":
        if len(set(self.members)) < len(self.members):
            raise ValueError("a member of the fusion stands twice in it")
        return self


class Recipe(Frozen):
    """Everything that determines a trained adapter, except the bytes of the backbone and of the data."""

    parts: Annotated[tuple[Part, ...], Field(min_length=1), MANY]
    sampling: Sampling | None = None
    """How a mixture of several parts is drawn."""
    below: Annotated[tuple[str, ...], MANY] = ()
    """Ids of the frozen adapters underneath, bottom to top."""
    fusion: Fusion | None = None
    """What stands between these and the adapter, side by side."""
    start: StartWeights | None = None
    method: Method = Method()
    train: TrainSettings = TrainSettings()
    trunk: Literal["cached"] | None = None
    """Whether what lies below the lowest task adapter was computed once for each example and kept, so that it differs
    by rounding from what is computed batch by batch."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _mixable(self) -> "Recipe":
        named = [f"{part.task}@{part.language}" for part in self.parts]
        twice = sorted(name for name, times in Counter(named).items() if times > 1)
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice in the mixture")
        if (len(self.parts) > 1) != (self.sampling is not None):
            raise ValueError("sampling is needed for several parts, and for no single one")
        if self.sampling is not None:
            beside = len({part.task == MASKED_LM.name for part in self.parts}) > 1
            if beside != (self.sampling.masked_lm is not None):
                raise ValueError("a share of masked_lm is needed where it stands beside other tasks, and nowhere else")
        return self

    @model_validator(mode="after")
    def _alignable(self) -> "Recipe":
        if not self.models_language and (reason := why_not_translated(self.train)):
            raise ValueError(reason)
        return self

    @model_validator(mode="after")
    def _composable(self) -> "Recipe":
        if (self.below or self.fusion) and self.method.kind not in COMPOSABLE:
            raise ValueError(why_alone(self.method.kind))
        if (self.below or self.fusion) and self.method.kind in LOWEST_ONLY:
            raise ValueError(why_only_lowest(self.method.kind))
        return self

    @property
    def beneath(self) -> tuple[str, ...]:
        """Ids of all adapters that it stands on, bottom to top; those of a fusion come last, in their order."""
        return (*self.below, *self.fused)

    @property
    def fused(self) -> tuple[str, ...]:
        """Ids of the adapters that its fusion layer fuses; none without one."""
        return self.fusion.members if self.fusion else ()

    @property
    def parents(self) -> tuple[str, ...]:
        """Ids of all adapters that it stands on or starts from, each once."""
        return tuple(dict.fromkeys((*self.beneath, *([self.start.adapter] if self.start else []))))

    @property
    def models_language(self) -> bool:
        """Whether it makes a language adapter: trained by masked language modelling alone."""
        return all(part.task == MASKED_LM.name for part in self.parts)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of its parts, each once. One head is trained for each."""
        return tuple(dict.fromkeys(part.task for part in self.parts))

    def identity(self, *, backbone: str, data: dict[str, str]) -> str:
        """The id of the adapter that this recipe makes, known before it is trained.

        Args:
            backbone: The backbone's fingerprint.
            data: Fingerprint of each data set that training reads, by `task@language:split`.
        """
        # What is None is left out, so that a later version may add settings without renaming what was trained before.
        recipe = self.model_dump(mode="json", exclude_none=True)
        return digest({"recipe": recipe, "backbone": backbone, "data": data})
