"""The options of engines, which each of them declares by its fields. No torch."""

from dataclasses import Field, fields
from typing import Any, get_args, get_type_hints

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.grid_options import OfRun
from madx_stilts.cli.grouping import kept, option
from madx_stilts.cli.ranges import within
from madx_stilts.errors import UsageError
from madx_stilts.run.engine import Engine, engine_types

_USUAL = "inline"


class EngineCommand(Command):
    """A command that takes --engine, and the options of each engine."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Its own options, those of engines, and those of `madx-stilts` itself.

        Which engines there are is only looked up where it matters.
        """
        if all(one.name != "engine" for one in self.params):
            at = next(at for at, one in enumerate(self.params) if one.name == "workers")
            self.params[at:at] = _declared([_engine_option()])
            self.params += _declared(_options())
        return super().get_params(ctx)


def chosen_engine() -> Engine:
    """The engine that was chosen, with its options, inside a running command.

    Raises:
        UsageError: An option of another engine is given.
    """
    context, given = click.get_current_context(), kept()
    name = str(given["engine"])
    by_hand = click.core.ParameterSource.COMMANDLINE
    for other, kind in engine_types().items():
        for one in _shown(kind) if other != name else ():
            if context.get_parameter_source(_key(other, one)) is by_hand:
                raise UsageError(f"{_flag(one)} goes with --engine {other}.", hint=f"The engine is {name}.")
    kind = engine_types()[name]
    engine: Engine = kind(**{one.name: _value(one, given[_key(name, one)]) for one in _shown(kind)})
    return engine


def _engine_option() -> Any:
    return option(
        "--engine",
        section=OfRun,
        default=_USUAL,
        kind=click.Choice([*engine_types()]),
        help="Work in this process, in several, in jobs of a Slurm cluster, or as another installed engine does.",
    )


def _options() -> list[Any]:
    made = []
    for name, kind in engine_types().items():
        section = type("_OfEngine", (Option,), {"section": f"With --engine {name} (changes no result)"})
        hints = get_type_hints(kind, include_extras=True)
        for one in _shown(kind):
            is_flag = isinstance(one.default, bool)
            made.append(
                option(
                    _flag(one),
                    _key(name, one),
                    section=section,
                    metavar=one.metadata.get("metavar"),
                    default=False if is_flag else one.default,
                    kind=None if is_flag else _type_of(hints[one.name]),
                    shown=one.metadata.get("shown") or None,
                    help=one.metadata["help"],
                )
            )
    return made


def _shown(kind: type[Any]) -> list["Field[Any]"]:
    return [one for one in fields(kind) if "help" in one.metadata]


def _flag(one: "Field[Any]") -> str:
    negation = "no-" if one.default is True else ""
    return one.metadata.get("flag") or f"--{negation}{one.name.replace('_', '-')}"


def _key(engine: str, one: "Field[Any]") -> str:
    return f"{engine}_{one.name}".replace("-", "_")


def _value(one: "Field[Any]", given: object) -> object:
    return not given if one.default is True else given


def _type_of(hint: Any) -> Any:
    """The option type of a field: a bounded number, or what it is with None left out."""
    for part in (hint, *get_args(hint)):
        if hasattr(part, "__metadata__"):
            return within(part)
    return int if hint is int else float if hint is float else str


def _declared(options: list[Any]) -> list[click.Parameter]:
    """Click gathers the options of a function that is decorated."""

    def command() -> None: ...

    for one in reversed(options):
        command = one(command)
    return list(reversed(getattr(command, "__click_params__", [])))
