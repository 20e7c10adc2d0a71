"""Options of `evaluate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from madx_stilts.cli.command import Option
from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.options import BACKBONE, COUNT, LIMIT_HELP, PRECISIONS, CommonOptions, OfBackbone
from madx_stilts.errors import UsageError, brief


class _OfScoring(Option):
    section = "Scoring"


class _OfRetrieval(Option):
    section = "Retrieval (texts are compared, no head answers)"


@dataclass(frozen=True)
class EvalArguments:
    """Options of an evaluation besides task and stack."""

    languages: str | None
    split: str
    language_adapters: Literal["keep", "swap"]
    missing: Literal["error", "source", "none"]
    predictions: Path | None
    submission: Path | None
    pooling: Literal["mean", "cls"] | None
    layer: str | None


def layer_of(how: EvalArguments) -> int | Literal["auto"] | None:
    """The layer whose hidden states are taken; None: as usual.

    Raises:
        UsageError: It is neither a number nor `auto`.
    """
    match how.layer:
        case None | "auto" as layer:
            return layer
        case text if text.isdecimal() and len(text) < 5:
            return int(text)
    given = brief(str(how.layer), 60)
    raise UsageError(f"--layer is {given!r}.", hint="Give the number of a layer, counted from 1, or auto.")


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

EVALUATION: OptionGroup[EvalArguments] = OptionGroup(EvalArguments, HOW)
SCORING: OptionGroup[CommonOptions] = OptionGroup(
    CommonOptions,
    (
        option("--limit", section=_OfScoring, metavar="N", kind=COUNT, shown="all", help=LIMIT_HELP),
        *BACKBONE,
        option("--precision", section=OfBackbone, default="fp32", kind=PRECISIONS, help="Of weights and computing."),
    ),
)
