"""The options of engines, which each of them declares by its fields. No torch."""

from dataclasses import Field, fields
from typing import Any, get_args, get_type_hints

import click

from madx_stilts.cli.command import Command, Option
from madx_stilts.cli.grid_options import OfRun
from madx_stilts.cli.grouping import option
from madx_stilts.cli.ranges import within

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


def _engine_option() -> Any:
    from madx_stilts.run.engine import engine_types

    return option(
        "--engine",
        section=OfRun,
        default=_USUAL,
        kind=click.Choice([*engine_types()]),
        help="Work in this process, in several, in jobs of a Slurm cluster, or as another installed engine does.",
    )


def _options() -> list[Any]:
    from madx_stilts.run.engine import engine_types

    made = []
    for name, kind in engine_types().items():
        section = type("_OfEngine", (Option,), {"section": f"With --engine {name} (changes no result)"})
        hints = get_type_hints(kind, include_extras=True)
        for one in shown_fields(kind):
            is_flag = isinstance(one.default, bool)
            made.append(
                option(
                    flag_of(one),
                    key_of(name, one),
                    section=section,
                    metavar=one.metadata.get("metavar"),
                    default=False if is_flag else one.default,
                    kind=None if is_flag else _type_of(hints[one.name]),
                    shown=one.metadata.get("shown") or None,
                    help=one.metadata["help"],
                )
            )
    return made


def shown_fields(kind: type[Any]) -> list["Field[Any]"]:
    """The fields of an engine that are options of the command line."""
    return [one for one in fields(kind) if "help" in one.metadata]


def flag_of(one: "Field[Any]") -> str:
    """What the option of a field is called."""
    negation = "no-" if one.default is True else ""
    return one.metadata.get("flag") or f"--{negation}{one.name.replace('_', '-')}"


def key_of(engine: str, one: "Field[Any]") -> str:
    """Under which name the option of an engine's field is kept."""
    return f"{engine}_{one.name}".replace("-", "_")


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
