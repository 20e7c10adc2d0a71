"""Options of mixtures of several tasks in one adapter."""

from dataclasses import dataclass

import click

from madx_stilts.bounds import Portion, Temperature
from madx_stilts.cli.command import Option
from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.options import COUNT
from madx_stilts.cli.ranges import within


class _OfMixture(Option):
    section = "Mixture (several tasks in one adapter)"


@dataclass(frozen=True)
class MixtureOptions:
    """Options of a mixture, and texts beside its tasks."""

    sampling: str | None
    cap: int | None
    temperature: float | None
    with_mlm: tuple[str, ...]
    mlm_share: float | None


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
        option("--cap", section=_OfMixture, metavar="N", kind=COUNT, help="Count so many examples of a task at most."),
        option(
            "--temperature",
            section=_OfMixture,
            metavar="T",
            kind=within(Temperature),
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
            kind=within(Portion),
            shown="0.25",
            help="Share of steps that model text.",
        ),
    ),
)
