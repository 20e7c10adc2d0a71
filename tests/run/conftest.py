"""A small grid on the tiny backbone and toy data, and places to run it in."""

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from madx_stilts.config import read
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.data_stamps import DataStamps

MakePlan = Callable[..., Plan]
Finished = Callable[..., RunConfig]


@pytest.fixture(scope="session", autouse=True)
def quick_collections() -> None:
    """Let what the libraries made when they were imported not be looked through whenever garbage is collected."""
    import madx_stilts.run.worker  # noqa: F401

    gc.collect()
    gc.freeze()


@pytest.fixture
def mirror(tiny_mirror: Path, tmp_path: Path) -> Path:
    """A copy of the toy data, to be damaged."""
    shutil.copytree(tiny_mirror, tmp_path / "mirror")
    return tmp_path / "mirror"


@pytest.fixture(scope="session")
def encodings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that tests share; what they damage has other encodings."""
    return tmp_path_factory.mktemp("encodings")


def site_in(folder: Path, mirror: Path, cache: Path) -> RunConfig:
    return RunConfig(zoo=(folder / "zoo",), data=(mirror,), cache=cache, offline=True, device="cpu", checkpoint_every=2)


@pytest.fixture
def site(tmp_path: Path, mirror: Path, encodings: Path) -> RunConfig:
    """An empty zoo beside the toy data."""
    return site_in(tmp_path, mirror, encodings)


@pytest.fixture(scope="session")
def make_plan(small_grid: Callable[[int], str]) -> MakePlan:
    """The plan of that grid at a site, with some of its keys changed."""

    def make(site: RunConfig, *overrides: str, steps: int = 3) -> Plan:
        grid = read(small_grid(steps), Grid, source="small", overrides=overrides)
        return plan(grid, site.place.tasks, DataStamps(site.place))

    return make


@pytest.fixture(scope="session")
def finished(
    make_plan: MakePlan, tiny_mirror: Path, encodings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Finished:
    """A site, to be looked at only, where that grid was run undisturbed, each of its jobs alone."""
    from madx_stilts.run.grid import run_grid

    made: dict[tuple[object, ...], RunConfig] = {}

    def finish(*overrides: str, steps: int = 3) -> RunConfig:
        if (overrides, steps) not in made:
            alone = site_in(tmp_path_factory.mktemp("finished"), tiny_mirror, encodings)
            made[overrides, steps] = alone.model_copy(update={"together": 1})
            assert run_grid(make_plan(alone, *overrides, steps=steps), made[overrides, steps]).ended_well
        return made[overrides, steps]

    return finish


@pytest.fixture
def done(site: RunConfig, make_plan: MakePlan, finished: Finished) -> Callable[..., Plan]:
    """The plan of that grid, all of it done at the site, as if it had been run there."""

    def copy(*overrides: str) -> Plan:
        shutil.copytree(finished(*overrides).zoo[0], site.zoo[0])
        return make_plan(site, *overrides)

    return copy


@pytest.fixture
def swap_bytes() -> Callable[[Path, bytes, bytes], None]:
    """Changes bytes of a file so that neither its size nor its time tells."""

    def swap(path: Path, old: bytes, new: bytes) -> None:
        facts, content = path.stat(), path.read_bytes()
        assert old in content
        assert len(old) == len(new)
        path.write_bytes(content.replace(old, new))
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    return swap
