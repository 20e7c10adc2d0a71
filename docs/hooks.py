"""What `mkdocs` adds to pages: the help of all commands, and files that are shown whole."""

import re
from pathlib import Path

import click

from madx_stilts.cli.main import cli

_COMMANDS = "<!-- commands -->"
_INCLUDED = re.compile(r"<!-- include (\S+) -->")


def on_page_markdown(markdown: str, **more: object) -> str:
    """Put the help of every command, or a file, where a page asks for it."""
    if _COMMANDS in markdown:
        markdown = markdown.replace(_COMMANDS, "\n\n".join(_pages(cli, click.Context(cli, info_name="madx-stilts"))))
    return _INCLUDED.sub(lambda found: f"```python\n{Path(found[1]).read_text(encoding='utf-8')}```", markdown)


def _pages(command: click.Command, context: click.Context) -> list[str]:
    """The help of a command, and below it that of its own."""
    context.max_content_width = context.terminal_width = 78
    pages = [f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                pages += _pages(found, click.Context(found, info_name=name, parent=context))
    return pages
