"""Options of trainings, evaluations, grids and publications. No torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from madx_stilts.config import AdapterConfig, adapter_config
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.train.callbacks import TrainerCallback

Precision = Literal["fp32", "bf16", "fp16"]


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training.

    Args:
        config: Method and settings: a value, a built-in name (`default`, `quick`, `language`, ...) or a YAML file.
            None: the defaults.
        changes: Over the config, by dotted key, as in `{"train.max_steps": 200, "method.reduction_factor": 8}`.
        language: Of the training data; None: the task's source language.
        name: What to call the adapter; None: a name made of task, language and what lies below.
        seed: Draws fresh weights, the order of examples and dropout.
        checkpoint_every: Steps between two checkpoints; changes no result.
        recompute: Recompute activations in the backward pass: less memory, more time (gradient checkpointing).
        trunk_cache: Bytes for what is computed below the lowest task adapter once for each example; None: it is
            computed for each batch. Changes rounding, and so the id.
        replace_imported: Train also what the zoo has from others, and replace it.
        tracker: Also log to `tensorboard`, `wandb`, ..., if it is installed.
        callbacks: Each makes what follows one training.
    """

    config: AdapterConfig | str | Path | None = None
    changes: Mapping[str, object] = field(default_factory=dict)
    language: str | None = None
    name: str | None = None
    seed: int = 0
    checkpoint_every: int = 500
    recompute: bool = False
    trunk_cache: int | None = None
    replace_imported: bool = False
    tracker: str | None = None
    callbacks: Sequence[Callable[[], TrainerCallback]] = ()

    def adapter_config(self) -> AdapterConfig:
        """The config with the changes in it.

        Raises:
            ConfigError: They have faults.
            UnknownName: There is no built-in config of that name.
        """
        return adapter_config(self.config, options=self.changes)


@dataclass(frozen=True)
class EvalOptions:
    """Options of an evaluation.

    Args:
        language_adapters: `keep` the one of the stack, or `swap` it for that of each language (MAD-X).
        missing: With `swap`, what a language without an adapter gets: an `error`, the `source` adapter, or `none`.
        precision: Of weights and computing.
        pooling: Retrieval: the `mean` of the hidden states of a text, or its first (`cls`); None: the mean.
        layer: Retrieval: which layer's; `auto`: the best on dev data; None: 8 of 12, 14 of 24, as XTREME.
        predictions: Folder for what was predicted, a JSON line per example; None: not kept.
        submission: Folder for a submission to XTREME; None: not written.
        on_scored: Called after each language with the scores so far.
    """

    language_adapters: Literal["keep", "swap"] = "keep"
    missing: Literal["error", "source", "none"] = "error"
    precision: Precision = "fp32"
    pooling: Literal["mean", "cls"] | None = None
    layer: int | Literal["auto"] | None = None
    predictions: Path | None = None
    submission: Path | None = None
    on_scored: Callable[[Evaluation], None] = lambda scores: None


@dataclass(frozen=True)
class RunOptions:
    """Options of a grid's run. None of it changes a result, but for the trunk cache.

    Args:
        device: As torch names devices; None: that of the workspace.
        checkpoint_every: Steps between two checkpoints.
        recompute: Recompute activations in the backward pass: less memory, more time (gradient checkpointing).
        trunk_cache: Bytes for what is computed below the lowest task adapter once for each example; None: it is
            computed for each batch. Changes rounding.
        verify: First read all files of the grid's adapters, and train again what is damaged.
    """

    device: str | None = None
    checkpoint_every: int = 500
    recompute: bool = False
    trunk_cache: int | None = None
    verify: bool = False


@dataclass(frozen=True)
class PublishOptions:
    """Options of a publication.

    Args:
        revision: The branch to write to, made if there is none; empty: the main branch.
        private: Show a repository that is made to its owner only.
        create_pr: Only propose it, as a pull request.
        dry_run: Send nothing, open no connection.
        base_model: What the backbone is called on the hub, where its name here does not say it.
        scores: Files with what `madx-stilts evaluate ... --json` printed, for the page.
    """

    revision: str = ""
    private: bool = False
    create_pr: bool = False
    dry_run: bool = False
    base_model: str | None = None
    scores: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PullOptions:
    """Options of a pull or import. All but `replace` is for adapters without a card of this package.

    Args:
        role: Of the adapter: `language`, `intermediate` or `target`.
        name: What to call it.
        task: What it was trained on.
        language: In which language.
        base_model: What the backbone is called on the hub, where its name here does not say it.
        replace: Where the zoo has an adapter of the same id with other weights, put this one in its place.
    """

    role: str | None = None
    name: str | None = None
    task: str | None = None
    language: str | None = None
    base_model: str | None = None
    replace: bool = False
