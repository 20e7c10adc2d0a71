"""What `mkdocs` makes of pages: the command reference is written from the commands themselves."""

import click

from madx_stilts.cli.main import cli

_MARK = "<!-- commands -->"


def on_page_markdown(markdown: str, **more: object) -> str:
    """Put the help of every command where a page asks for it."""
    return markdown.replace(_MARK, "\n\n".join(_pages(cli, click.Context(cli, info_name="madx-stilts"))))


def _pages(command: click.Command, context: click.Context) -> list[str]:
    """The help of a command, and below it that of its own."""
    context.max_content_width = context.terminal_width = 100
    pages = [f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                pages += _pages(found, click.Context(found, info_name=name, parent=context))
    return pages
