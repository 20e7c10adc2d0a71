"""From the options of `grid run` to how it is run. No torch."""

from madx_stilts.api import options as api
from madx_stilts.cli.grid_options import RunArguments


def run_options(how: RunArguments, *, verify: bool) -> api.RunOptions:
    """How the jobs of a grid are run."""
    return api.RunOptions(
        device=how.device,
        checkpoint_every=how.checkpoint_every,
        recompute=how.recompute == "layers",
        trunk_cache=how.trunk_cache,
        verify=verify,
    )
