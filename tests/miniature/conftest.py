"""One world for all tests of this folder; `miniature` is the small one of it on disk."""

import pytest

from madx_stilts.miniature.world import MiniatureWorld


@pytest.fixture(scope="session")
def world() -> MiniatureWorld:
    return MiniatureWorld(1)
