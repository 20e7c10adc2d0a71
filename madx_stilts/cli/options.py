"""Options that several commands share, and what they are read into."""

from dataclasses import dataclass
from pathlib import Path

import click

from madx_stilts.cli.command import Option
from madx_stilts.cli.grouping import OptionGroup, option


class _OfBackbone(Option):
    section = "Backbone"


class _OfRecipe(Option):
    section = "Recipe (decides what the adapter becomes)"


class _OverConfig(Option):
    section = "Recipe, over --config (defaults are those of the config `default`)"


class _OfRun(Option):
    section = "Run (changes no result)"


class _OfMixture(Option):
    section = "Mixture (several tasks in one adapter)"


class _OfScoring(Option):
    section = "Scoring"


class _OfRetrieval(Option):
    section = "Retrieval (texts are compared, no head answers)"


@dataclass(frozen=True)
class EvaluateOptions:
    """What an evaluation is told besides task and stack."""

    languages: str | None
    split: str
    language_adapters: str
    missing: str
    predictions: Path | None
    submission: Path | None
    pooling: str | None
    layer: str | None


@dataclass(frozen=True)
class MixtureOptions:
    """What several tasks are mixed by, and what text stands beside them."""

    sampling: str | None
    cap: int | None
    temperature: float | None
    with_mlm: tuple[str, ...]
    mlm_share: float | None


@dataclass(frozen=True)
class PreviewOptions:
    """Which examples are shown, and how."""

    language: str | None
    split: str | None
    rows: int
    backbone: str | None


@dataclass(frozen=True)
class CommonOptions:
    """Everything that training and evaluation are told; a command that does not declare one leaves it out."""

    backbone: str = "xlmr-base"
    device: str = "auto"
    precision: str | None = None
    config: str = "default"
    overrides: tuple[str, ...] = ()
    seed: int = 0
    limit: int | None = None
    name: str | None = None
    epochs: int | None = None
    max_steps: int | None = None
    batch_size: int | None = None
    accumulate: int | None = None
    learning_rate: float | None = None
    max_tokens: int | None = None
    checkpoint_every: int = 500
    recompute: str = "no"
    tracker: str | None = None


_COUNT = click.IntRange(1)

BACKBONE = (
    option(
        "--backbone",
        section=_OfBackbone,
        metavar="NAME",
        default="xlmr-base",
        help="A short name (see `madx-stilts backbone list`), a folder, or owner/name on the hub.",
    ),
    option(
        "--device",
        section=_OfBackbone,
        metavar="DEVICE",
        default="auto",
        help="cpu, cuda, cuda:1, ...; auto takes a GPU if there is one.",
    ),
)
_PRECISIONS = click.Choice(["fp32", "bf16", "fp16"])
_LIMIT_HELP = "Take at most so many examples: a fixed sample."
RECIPE = (
    option(
        "--config",
        section=_OfRecipe,
        metavar="NAME",
        default="default",
        help="Method and settings: a built-in name (default, quick, language, ...) or a YAML file.",
    ),
    option(
        "--set",
        "overrides",
        section=_OfRecipe,
        metavar="KEY=VALUE",
        default=(),
        help="Change one key of the config, as in --set method.reduction_factor=8. Give it as often as needed.",
    ),
    option(
        "--seed",
        section=_OfRecipe,
        metavar="N",
        default=0,
        kind=click.IntRange(0),
        help="Draws fresh weights, the order of examples and dropout.",
    ),
    option("--limit", section=_OfRecipe, metavar="N", kind=_COUNT, shown="all", help=_LIMIT_HELP),
    option("--epochs", section=_OverConfig, metavar="N", kind=_COUNT, shown="3", help="Passes over the data."),
    option(
        "--steps",
        "max_steps",
        section=_OverConfig,
        metavar="N",
        kind=_COUNT,
        help="Stop there, whatever --epochs says.",
    ),
    option("--batch-size", section=_OverConfig, metavar="N", kind=_COUNT, shown="32", help="Examples per step."),
    option(
        "--accumulate",
        section=_OverConfig,
        metavar="N",
        kind=_COUNT,
        shown="1",
        help="Compute each batch in so many parts, to save memory.",
    ),
    option(
        "--learning-rate",
        section=_OverConfig,
        metavar="RATE",
        kind=click.FloatRange(0, min_open=True),
        shown="0.0005",
        help="The highest rate.",
    ),
    option(
        "--max-tokens",
        section=_OverConfig,
        metavar="N",
        kind=click.IntRange(8),
        shown="what suits the task's format",
        help="Longest sequence; longer texts are cut or windowed.",
    ),
    option("--precision", section=_OverConfig, kind=_PRECISIONS, shown="fp32", help="Of weights and computing."),
)
RUN = (
    option(
        "--name",
        section=_OfRun,
        metavar="NAME",
        shown="made of task, language and what lies below",
        help="What to call the adapter.",
    ),
    option(
        "--checkpoint-every",
        section=_OfRun,
        metavar="N",
        default=500,
        kind=_COUNT,
        help="Steps between two checkpoints; a training that was stopped goes on from the last.",
    ),
    option(
        "--recompute",
        section=_OfRun,
        default="no",
        kind=click.Choice(["no", "layers"]),
        help="Recompute activations in the backward pass: less memory, more time.",
    ),
    option("--tracker", section=_OfRun, metavar="NAME", help="Also log to tensorboard, wandb, ... if it is installed."),
)
HOW = (
    option(
        "--languages",
        section=_OfScoring,
        metavar="CODES",
        shown="all of a target task, the source language of others",
        help="As in de,sw; or all the task has.",
    ),
    option(
        "--split",
        section=_OfScoring,
        default="test",
        kind=click.Choice(["train", "dev", "test"]),
        help="Which examples.",
    ),
    option(
        "--language-adapters",
        section=_OfScoring,
        default="keep",
        kind=click.Choice(["keep", "swap"]),
        help="Keep the stack as it is, or exchange its language adapter for each language's own.",
    ),
    option(
        "--missing",
        section=_OfScoring,
        default="error",
        kind=click.Choice(["error", "source", "none"]),
        help="With swap, what a language without an adapter gets: an error, the stack's own, or none.",
    ),
    option(
        "--predictions",
        section=_OfScoring,
        metavar="DIR",
        kind=click.Path(path_type=Path, file_okay=False),
        help="Also write what is predicted, as JSON lines with ids.",
    ),
    option(
        "--submission",
        section=_OfScoring,
        metavar="DIR",
        kind=click.Path(path_type=Path, file_okay=False),
        help="Also write what is predicted for the whole test set, in the layout of XTREME.",
    ),
    option(
        "--pooling",
        section=_OfRetrieval,
        kind=click.Choice(["mean", "cls"]),
        shown="mean",
        help="Embed a text as the mean of its tokens, or as the first of them.",
    ),
    option(
        "--layer",
        section=_OfRetrieval,
        metavar="N",
        shown="8 of 12, 14 of 24, as XTREME; else 7/12 of them",
        help="Take the hidden states of this layer, counted from 1; auto: of the one that is best on dev data.",
    ),
)

MIXTURE: OptionGroup[MixtureOptions] = OptionGroup(
    MixtureOptions,
    (
        option(
            "--sampling",
            section=_OfMixture,
            kind=click.Choice(["proportional", "uniform", "temperature"]),
            shown="proportional",
            help="Draw tasks by their sizes, equally often, or by size to the power of 1/temperature.",
        ),
        option("--cap", section=_OfMixture, metavar="N", kind=_COUNT, help="Count so many examples of a task at most."),
        option(
            "--temperature",
            section=_OfMixture,
            metavar="T",
            kind=click.FloatRange(1),
            help="For --sampling temperature: 1 is proportional, more is closer to uniform.",
        ),
        option(
            "--with-mlm",
            section=_OfMixture,
            metavar="SOURCE",
            default=(),
            help="Also model this text: a .txt file, or owner/name of a data set; de=SOURCE if it is not English. "
            "Give it as often as needed.",
        ),
        option(
            "--mlm-share",
            section=_OfMixture,
            metavar="SHARE",
            kind=click.FloatRange(0, 1, min_open=True, max_open=True),
            shown="0.25",
            help="Share of steps that model text.",
        ),
    ),
)
TRAINING: OptionGroup[CommonOptions] = OptionGroup(CommonOptions, (*BACKBONE, *RECIPE, *RUN))
EVALUATION: OptionGroup[EvaluateOptions] = OptionGroup(EvaluateOptions, HOW)
SCORING: OptionGroup[CommonOptions] = OptionGroup(
    CommonOptions,
    (
        option("--limit", section=_OfScoring, metavar="N", kind=_COUNT, shown="all", help=_LIMIT_HELP),
        *BACKBONE,
        option("--precision", section=_OfBackbone, default="fp32", kind=_PRECISIONS, help="Of weights and computing."),
    ),
)

LOADING: OptionGroup[CommonOptions] = OptionGroup(CommonOptions, BACKBONE[1:])
PREVIEW: OptionGroup[PreviewOptions] = OptionGroup(
    PreviewOptions,
    (
        option("--language", metavar="CODE", shown="the task's source language, or its first", help="Which language."),
        option("--split", kind=click.Choice(["train", "dev", "test"]), shown="test, or the first", help="Which split."),
        option("--rows", metavar="N", default=3, kind=_COUNT, help="How many examples, drawn as --limit draws them."),
        option("--backbone", metavar="NAME", help="Also show the examples as this backbone's tokenizer cuts them."),
    ),
)

json_option = click.option("--json", "as_json", cls=Option, is_flag=True, help="Print one JSON document on stdout.")
