"""Options of `zoo publish`, `export`, `pull` and `import`."""

from dataclasses import dataclass
from pathlib import Path

import click

from madx_stilts.cli.grouping import OptionGroup, option
from madx_stilts.cli.options import BACKBONE

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@dataclass(frozen=True)
class ExportArguments:
    """Options of the page about an adapter."""

    scores: tuple[Path, ...] = ()
    base_model: str | None = None


@dataclass(frozen=True)
class PublishArguments(ExportArguments):
    """Options of `zoo publish`."""

    destination: str | None = None
    stack: str | None = None
    revision: str | None = None


@dataclass(frozen=True)
class PullArguments:
    """Options of `zoo pull` and `zoo import`."""

    backbone: str | None
    device: str
    role: str | None
    name: str | None
    task: str | None
    language: str | None
    base_model: str | None
    replace: bool = False


_BASE_MODEL = option(
    "--base-model",
    metavar="OWNER/NAME",
    help="What the backbone is called on the hub, where its name here does not tell.",
)
_PAGE = (
    option(
        "--scores",
        metavar="FILE",
        default=(),
        kind=_FILE,
        help="What `madx-stilts evaluate ... --json` printed, for the page. With that of the stack without "
        "intermediate adapters, the page tells the gain. Give it as often as needed.",
    ),
    _BASE_MODEL,
)
EXPORTING: OptionGroup[ExportArguments] = OptionGroup(ExportArguments, _PAGE)
PUBLISHING: OptionGroup[PublishArguments] = OptionGroup(
    PublishArguments,
    (
        option("--to", "destination", metavar="PLACE", help="hub:owner/name, or the folder of a zoo."),
        option("--stack", metavar="REFS", help="Publish a whole stack, bottom to top, separated by commas."),
        option("--revision", metavar="NAME", help="The branch to write to; it is made if there is none."),
        *_PAGE,
    ),
)
TAKING: OptionGroup[PullArguments] = OptionGroup(
    PullArguments,
    (
        option(
            "--backbone",
            metavar="NAME",
            help="Adapters without our card only: the backbone they are tried on. A short name, a folder, or "
            "owner/name on the hub.",
        ),
        BACKBONE[1],
        option("--role", metavar="ROLE", help="Likewise: language, intermediate or target, if they do not tell it."),
        option("--name", metavar="NAME", help="Likewise: what to call it."),
        option("--task", metavar="TASK", help="Likewise: what it was trained on."),
        option("--language", metavar="CODE", help="Likewise: in which language."),
        _BASE_MODEL,
        option(
            "--replace",
            default=False,
            help="Where the zoo has an adapter of the same id with other weights, put this one in its place.",
        ),
    ),
)
