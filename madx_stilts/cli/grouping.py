"""Options that are declared once and read as one value."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import click

from madx_stilts.cli.command import Option


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=_Dataclass)
F = TypeVar("F", bound=Callable[..., Any])


class OptionGroup(Generic[T]):
    """Some options that are read together.

    Args:
        kind: The dataclass they fill, one field per option.
        options: The options, in the order `--help` shows them.
    """

    def __init__(self, kind: type[T], options: Sequence[Callable[[F], F]]) -> None:
        self.kind = kind
        self.options = options

    def __call__(self, command: F) -> F:
        """Declare the options on a command, which reads them with `chosen`."""
        for option in reversed(self.options):
            command = option(command)
        return command

    def chosen(self) -> T:
        """What was chosen, inside a running command."""
        given = click.get_current_context().meta[_KEY]
        return self.kind(**{field.name: given[field.name] for field in fields(self.kind) if field.name in given})


def kept() -> dict[str, object]:
    """All that the running command's options of this module were given, by name."""
    given: dict[str, object] = click.get_current_context().meta[_KEY]
    return given


_KEY = "madx_stilts.options"


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> object:
    context.meta.setdefault(_KEY, {})[parameter.name] = value
    return value


def option(
    *names: str,
    help: str,
    section: type[Option] = Option,
    metavar: str | None = None,
    default: object = None,
    shown: str | None = None,
    kind: object = None,
) -> Callable[[F], F]:
    """One option that is kept for `OptionGroup.chosen`.

    Args:
        section: Where help shows it.
        default: False makes it a flag.
        shown: What help says of the default, where it is no fixed value.
    """
    return click.option(
        *names,
        cls=section,
        default=default,
        help=help,
        type=kind,
        is_flag=default is False,
        metavar=metavar,
        multiple=isinstance(default, tuple),
        show_default=shown or (default is not False and default not in (None, ())),
        expose_value=False,
        callback=_keep,
    )
