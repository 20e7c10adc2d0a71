"""The one place where text is written to stdout and stderr, so that text of others never commands the terminal."""

import click

from madx_stilts.escape import for_terminal


def echo(text: str = "", *, err: bool = False) -> None:
    """Print a text and a line feed.

    Control characters are spelled out: notes on cards, rows of data, names of files and what a hub says may have them.

    Args:
        err: Whether on stderr.
    """
    click.echo(for_terminal(text), err=err)
