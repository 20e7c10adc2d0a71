"""From the options of `grid run` to how it is run. No torch."""

from dataclasses import Field
from typing import Any

import click

from madx_stilts.api import options as api
from madx_stilts.cli.engine_options import flag_of, key_of, shown_fields
from madx_stilts.cli.grid_options import RunArguments
from madx_stilts.cli.grouping import kept
from madx_stilts.errors import UsageError
from madx_stilts.run.engine import Engine, engine_types


def run_options(how: RunArguments, *, verify: bool) -> api.RunOptions:
    """How the jobs of a grid are run."""
    return api.RunOptions(
        device=how.device,
        checkpoint_every=how.checkpoint_every,
        recompute=how.recompute == "layers",
        trunk_cache=how.trunk_cache,
        verify=verify,
    )


def chosen_engine() -> Engine:
    """The engine that was chosen, with its options, inside a running command.

    Raises:
        UsageError: An option of another engine is given.
    """
    context, given = click.get_current_context(), kept()
    name = str(given["engine"])
    by_hand = click.core.ParameterSource.COMMANDLINE
    for other, kind in engine_types().items():
        for one in shown_fields(kind) if other != name else ():
            if context.get_parameter_source(key_of(other, one)) is by_hand:
                raise UsageError(f"{flag_of(one)} goes with --engine {other}.", hint=f"The engine is {name}.")
    kind = engine_types()[name]
    engine: Engine = kind(**{one.name: _value(one, given[key_of(name, one)]) for one in shown_fields(kind)})
    return engine


def _value(one: "Field[Any]", given: object) -> object:
    return not given if one.default is True else given
