"""Options that several commands share, and what they are read into."""

from dataclasses import dataclass

import click

from madx_stilts.bounds import BatchSize, Count, Length, Rate, Seed
from madx_stilts.cli.command import Option
from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.ranges import within
from madx_stilts.cli.sizes import SIZE


class OfBackbone(Option):
    """An option that tells which backbone, and how it runs."""

    section = "Backbone"


class _OfRecipe(Option):
    section = "Recipe (decides what the adapter becomes)"


class _OverConfig(Option):
    section = "Recipe, over --config (defaults are those of the config `default`)"


class _OfRun(Option):
    section = "Run (changes no result)"


class OfRounding(Option):
    """An option that changes nothing but rounding."""

    section = "Run (changes rounding, and so the id of what is trained)"


@dataclass(frozen=True)
class PreviewOptions:
    """Options of `tasks preview`."""

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
    config: str | None = None
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
    trunk_cache: int | None = None
    replace_imported: bool = False


TRUNK_CACHE = option(
    "--trunk-cache",
    section=OfRounding,
    metavar="SIZE",
    kind=SIZE,
    shown="off",
    help="Compute what lies below the lowest task adapter once for each example and keep it, in files that take SIZE "
    "at most, as in 2GB. Can save time where lower layers have no adapter (leave_out) and examples come often.",
)
COUNT = within(Count)

BACKBONE = (
    option(
        "--backbone",
        section=OfBackbone,
        metavar="NAME",
        default="xlmr-base",
        help="A short name (see `madx-stilts backbone list`), a folder, or owner/name on the hub.",
    ),
    option(
        "--device",
        section=OfBackbone,
        metavar="DEVICE",
        default="auto",
        help="cpu, cuda, cuda:1, ...; auto takes a GPU if there is one.",
    ),
)
PRECISIONS = click.Choice(["fp32", "bf16", "fp16"])
LIMIT_HELP = "Take at most so many examples: a fixed sample."
RECIPE = (
    option(
        "--config",
        section=_OfRecipe,
        metavar="NAME",
        shown="default; language adapters have the size of MAD-X",
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
        kind=within(Seed),
        help="Draws fresh weights, the order of examples and dropout.",
    ),
    option(
        "--limit",
        section=_OfRecipe,
        metavar="N",
        kind=COUNT,
        shown="all",
        help=f"{LIMIT_HELP} Without train.dev_limit, no more dev examples are scored.",
    ),
    option("--epochs", section=_OverConfig, metavar="N", kind=COUNT, shown="3", help="Passes over the data."),
    option(
        "--steps",
        "max_steps",
        section=_OverConfig,
        metavar="N",
        kind=COUNT,
        help="Stop there, whatever --epochs says.",
    ),
    option(
        "--batch-size", section=_OverConfig, metavar="N", kind=within(BatchSize), shown="32", help="Examples per step."
    ),
    option(
        "--accumulate",
        section=_OverConfig,
        metavar="N",
        kind=within(BatchSize),
        shown="1",
        help="Compute each batch in so many parts, to save memory.",
    ),
    option(
        "--learning-rate",
        section=_OverConfig,
        metavar="RATE",
        kind=within(Rate),
        shown="0.0005",
        help="The highest rate.",
    ),
    option(
        "--max-tokens",
        section=_OverConfig,
        metavar="N",
        kind=within(Length),
        shown="what suits the task's format",
        help="Longest sequence; longer texts are cut or windowed.",
    ),
    option("--precision", section=_OverConfig, kind=PRECISIONS, shown="fp32", help="Of weights and computing."),
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
        kind=COUNT,
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
    TRUNK_CACHE,
    option(
        "--replace-imported",
        section=_OfRun,
        default=False,
        help="Train also what the zoo has from others, and put that in its place.",
    ),
)
TRAINING: OptionGroup[CommonOptions] = OptionGroup(CommonOptions, (*BACKBONE, *RECIPE, *RUN))
LOADING: OptionGroup[CommonOptions] = OptionGroup(CommonOptions, BACKBONE[1:])
PREVIEW: OptionGroup[PreviewOptions] = OptionGroup(
    PreviewOptions,
    (
        option("--language", metavar="CODE", shown="the task's source language, or its first", help="Which language."),
        option("--split", kind=click.Choice(["train", "dev", "test"]), shown="test, or the first", help="Which split."),
        option("--rows", metavar="N", default=3, kind=COUNT, help="How many examples, drawn as --limit draws them."),
        option("--backbone", metavar="NAME", help="Also show the examples as this backbone's tokenizer cuts them."),
    ),
)

json_option = click.option("--json", "as_json", cls=Option, is_flag=True, help="Print one JSON document on stdout.")
