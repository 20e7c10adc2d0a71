"""Entry point: registers all commands."""

import sys
from typing import Any

import click

from madx_stilts import __version__
from madx_stilts.cli.command import EVERYWHERE
from madx_stilts.cli.lazy import LazyCommands, LazyGroup
from madx_stilts.cli.streams import finished, prepare, require_text
from madx_stilts.cli.telling import CAUGHT, PREFIX, as_ours, json_is_wanted, silence, tell, tell_bug, tell_usage
from madx_stilts.errors import Interrupted

CONTEXT: dict[str, Any] = {
    "auto_envvar_prefix": PREFIX,
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
}


@click.group(cls=LazyGroup, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="madx-stilts")
def cli() -> None:
    """Intermediate-task training (STILTs) with stacked adapters on a frozen multilingual backbone.

    Train an intermediate adapter, stack a target adapter on it, score it zero-shot in other languages:

    \b
      madx-stilts train intermediate squad_v1
      madx-stilts train target xquad --on intermediate/squad_v1
      madx-stilts evaluate xquad --stack intermediate/squad_v1,target/xquad+squad_v1

    The options below may also stand after the command. Each has an environment variable: MADX_STILTS_ZOO for --zoo.

    Exit codes: 0 all is well, 1 an unexpected error, 2 wrong usage or config, 3 data, an adapter or a backbone is
    missing or damaged, or a folder cannot be written, 4 too little memory, 5 a training or scoring failed, 130 stopped.
    """


cli.params.extend(EVERYWHERE)
cli.commands = LazyCommands(
    {
        "demo": "See the main job done in small, in minutes.",
        "miniature": "Write the data of a small constructed world.",
        "tasks": "List, explain and look into tasks.",
        "backbone": "List backbones, look into one, train small ones.",
        "train": "Train an adapter and keep it in the zoo.",
        "evaluate": "Score a stack on a task in many languages.",
        "grid": "Plan a grid, run it, look at what came of it.",
        "submission": "Score a submission to XTREME or XTREME-R.",
        "zoo": "List, explain, verify, share and remove adapters.",
        "doctor": "What is installed, which devices there are.",
    }
)


def main() -> int:
    """Run the command line.

    Returns:
        The exit code, as the help lists them. An unexpected error is raised on, with `sys.excepthook` set to report
        it; Python then exits with 1.
    """
    sys.excepthook = tell_bug
    prepare()
    return finished(_run(), as_json=json_is_wanted())


def _run() -> int:
    from madx_stilts.train.interrupts import sigterm_as_interrupt

    try:
        require_text()
        with sigterm_as_interrupt():  # wherever a command is, it ends as with Ctrl-C
            result = cli.main(standalone_mode=False)
    except click.ClickException as error:
        return tell_usage(error)
    except click.Abort:
        return tell(Interrupted("Stopped."), as_json=json_is_wanted())
    except SystemExit:  # click's answer where a page of help is read by nobody any more, as with `| head`
        silence()
        return Interrupted.exit_code
    except CAUGHT as error:
        ours = as_ours(error)
        if ours is None:
            raise
        return tell(ours, as_json=json_is_wanted())
    return result if isinstance(result, int) else 0
