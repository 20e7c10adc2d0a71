"""Commands, groups and options with what click lacks.

Each option has an environment variable. The options of `madx-stilts` itself may also stand after the command. Help
shows options in sections. What goes wrong becomes one message and an exit code.
"""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import PREFIX, told


class Option(click.Option):
    """An option that is also read from the environment: `MADX_STILTS_TRAIN_TARGET_SEED`, else `MADX_STILTS_SEED`."""

    section = "Options"
    """The heading it stands under in help."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value in the environment; the variable of this command wins over that of all commands."""
        name = max(self.opts, key=len).lstrip("-").replace("-", "_").upper()
        variables = (f"{ctx.auto_envvar_prefix}_{name}", f"{PREFIX}_{name}")
        return next((os.environ[variable] for variable in variables if os.environ.get(variable)), None)

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """The default. A range is told when it is missed; most are plain."""
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)
        if isinstance(self.show_default, str):
            extra["default"] = self.show_default
        return extra


def _remember(context: click.Context, option: click.Parameter, value: object) -> object:
    """Put the value of a global option into the settings, unless it is only a default.

    After a command, the environment does not count any more: it would win over what stands before the command.
    """
    settings = context.obj or Settings()
    counts = {click.core.ParameterSource.COMMANDLINE}
    if context.parent is None:
        counts.add(click.core.ParameterSource.ENVIRONMENT)
    if context.get_parameter_source(str(option.name)) in counts:
        settings = replace(settings, **{str(option.name): value})
    context.obj = settings
    return value


_global = partial(Option, expose_value=False, callback=_remember)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_MIRROR = click.Path(path_type=Path, file_okay=False, exists=True)

EVERYWHERE: tuple[Option, ...] = (
    _global(
        ["--zoo"],
        type=_FOLDER,
        metavar="DIR",
        show_default="madx-stilts/zoo in your data folder",
        help="Where adapters are kept.",
    ),
    _global(
        ["--peer", "peers"],
        type=_FOLDER,
        multiple=True,
        metavar="DIR",
        help="Another zoo that is read too, such as one that a group shares. May be given several times.",
    ),
    _global(
        ["--data"],
        type=_MIRROR,
        multiple=True,
        metavar="DIR",
        help="Data sets, laid out as on the hub (owner/name/...), or original files; looked into before the hub. May "
        f"be given several times (in the environment, separated by {os.pathsep!r}).",
    ),
    _global(
        ["--cache"],
        type=_FOLDER,
        metavar="DIR",
        show_default="madx-stilts in your cache folder",
        help="Where encoded data are kept.",
    ),
    _global(["--offline"], is_flag=True, help="Open no connection."),
    _global(["-v", "--verbose"], count=True, help="Say more: what libraries warn of, where in the code errors arose."),
    _global(["-q", "--quiet"], is_flag=True, help="Show no progress."),
)
"""The options of `madx-stilts` itself. They stand before the command or after it."""


class Command(click.Command):
    """A command that does something."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own options, and those of `madx-stilts` itself."""
        return [*super().get_params(ctx), *EVERYWHERE]

    def invoke(self, ctx: click.Context) -> object:
        """Run it; what goes wrong is told and becomes the exit code."""
        settings: Settings = ctx.obj
        settings.tell_libraries()
        with told(as_json=bool(ctx.params.get("as_json")), verbose=settings.verbose > 0):
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Its own options, in sections."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in super().get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                sections.setdefault(getattr(parameter, "section", Option.section), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Where else options come from."""
        names = [max(option.opts, key=len) for option in self.params if isinstance(option, Option)]
        flag = next((name for name in ("--backbone", *names) if name in names and name != "--json"), "--json")
        variable = flag.lstrip("-").replace("-", "_").upper()
        formatter.write_paragraph()
        formatter.write_text(
            f"Options can also be given as environment variables: {PREFIX}_{variable} is {flag} in every command, "
            f"{ctx.auto_envvar_prefix}_{variable} in this one. The options of madx-stilts itself, such as --zoo and "
            "--quiet, may stand here too; see `madx-stilts --help`."
        )


class Group(click.Group):
    """A command that only holds others."""

    command_class = Command
    group_class = type

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are wanted, not by the alphabet."""
        return list(self.commands)
