"""Commands that are imported when they are used: the list of all needs none of them."""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import cast

import click

from madx_stilts.cli.command import Group


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name; each is the object of its name in the module of its name.

    Args:
        listed: Their names, with the line that help says of each.
    """

    def __init__(self, listed: Mapping[str, str]) -> None:
        self.listed = dict(listed)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            if name not in self.listed:
                raise KeyError(name)
            module = import_module(f"madx_stilts.cli.{name}")
            self._loaded[name] = cast(click.Command, getattr(module, name))
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command
        self.listed[name] = command.get_short_help_str()

    def __delitem__(self, name: str) -> None:
        del self.listed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self.listed)


class LazyGroup(Group):
    """A command that only holds others, which are imported when they are used."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with its line."""
        commands = self.commands
        if isinstance(commands, LazyCommands):
            with formatter.section("Commands"):
                formatter.write_dl([*commands.listed.items()])
