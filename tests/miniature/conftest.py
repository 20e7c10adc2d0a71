"""One world for all tests of this folder; `miniature` is the small one of it on disk."""

import pytest

from madx_stilts.miniature.world import World


@pytest.fixture(scope="session")
def world() -> World:
    return World(1)
