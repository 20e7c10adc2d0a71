"""`madx-stilts zoo diff`: why two adapters or two scores differ."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from madx_stilts.cli.command import Command
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.errors import DataError, UsageError

_LARGEST = 64 * 2**20
"""Bytes of a result."""


@click.command(cls=Command)
@click.argument("one")
@click.argument("other")
@json_option
@click.pass_obj
def diff(settings: Settings, one: str, other: str, as_json: bool) -> None:
    """Show why two adapters or two scores differ.

    ONE is role/name or role/name@version, or a file with what `madx-stilts evaluate ... --json` printed. OTHER is one
    more of the same kind. Only what differs is shown: what determines them, how they were made, what came of it.

    \b
      madx-stilts zoo diff target/xnli@1a2b3c4d target/xnli@5e6f7a8b
      madx-stilts zoo diff mine.json theirs.json
    """
    from madx_stilts.cli import tables
    from madx_stilts.cli.zoos import open_zoo
    from madx_stilts.zoo.difference import card_differences, result_differences

    files = [_is_file(one), _is_file(other)]
    if any(files) and not all(files):
        raise UsageError(f"{one} and {other} are not of one kind.", hint="Name two adapters, or two files of scores.")
    if all(files):
        found = result_differences(_result(one), _result(other))
    else:
        zoo = open_zoo(settings).snapshot()
        cards = [json.loads(zoo.card(zoo.find(reference).id).to_json()) for reference in (one, other)]
        found = card_differences(*cards)
    if as_json:
        echo(json.dumps({heading: [asdict(row) for row in rows] for heading, rows in found.items()}))
        return
    for heading, rows in found.items():
        if rows:
            tables.show(heading, ["key", one, other], [[row.key, row.one, row.other] for row in rows])
        else:
            echo(f"{heading}: the same in both.")
        echo()


def _is_file(text: str) -> bool:
    return text.endswith(".json") or Path(text).is_file()


def _result(path: str) -> dict[str, Any]:
    """What a file says.

    Raises:
        DataError: It is missing or holds something else.
    """
    from madx_stilts.files import read_bounded
    from madx_stilts.strict_json import JsonError, parse

    hint = "Give what `madx-stilts evaluate ... --json` printed."
    try:
        content = parse(read_bounded(Path(path), limit=_LARGEST), numbers="any")
    except (OSError, JsonError) as error:
        raise DataError(f"{path} cannot be read: {error}.", hint=hint) from error
    if not isinstance(content, dict) or "scores" not in content:
        raise DataError(f"{path} holds no scores.", hint=hint)
    return dict(content)
