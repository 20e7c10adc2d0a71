"""Engines have one shape: built-in ones and those of other packages, from Python and from the command line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from madx_stilts.cli.main import cli
from madx_stilts.errors import NotAvailable, UnknownName, UsageError
from madx_stilts.grid.plan import Plan
from madx_stilts.run.config import RunConfig
from madx_stilts.run.engine import engine_named, engine_types
from madx_stilts.run.engines.child import start
from madx_stilts.run.engines.slurm import Slurm
from madx_stilts.run.grid import run_grid

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "custom_engine.py"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put the example into a package that offers it, as pip would; entry points are written as given."""

    def put(entry_points: str) -> None:
        shutil.copy(EXAMPLE, tmp_path)
        metadata = tmp_path / "nice_engine-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: nice-engine\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[madx_stilts.engines]\n{entry_points}\n")
        monkeypatch.syspath_prepend(tmp_path)
        engine_types.cache_clear()

    return put


@pytest.fixture(autouse=True)
def forget() -> object:
    yield
    engine_types.cache_clear()


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 40


def test_an_installed_engine_runs_a_grid(
    install: Callable[[str], None], site: RunConfig, make_plan: Callable[..., Plan]
) -> None:
    install("nice = custom_engine:Nice")
    plan = make_plan(site, "intermediates=[none]")
    assert run_grid(plan, site, engine="nice", workers=1).ended_well
    assert len(plan.jobs) == 2


def test_the_options_of_an_installed_engine_are_on_the_command_line(
    install: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install("nice = custom_engine:Nice")
    run = cli.commands["grid"].commands["run"]  # type: ignore[attr-defined]
    monkeypatch.setattr(run, "params", [one for one in run.params if one.name in ("config", "workers", "overrides")])
    shown = CliRunner().invoke(cli, ["grid", "run", "--help"], prog_name="madx-stilts").output
    assert "--engine [inline|processes|slurm|nice]" in shown
    assert "With --engine nice (changes no result):\n  --niceness N" in shown


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("slurm = custom_engine:Nice", "offered as the engine slurm, which there is"),
        ("nice = custom_engine:Nicer", "The engine nice cannot be imported"),
        ("nice = no_such_module:Nice", "The engine nice cannot be imported"),
    ],
)
def test_an_engine_that_cannot_be_used_is_refused(install: Callable[[str], None], entry: str, message: str) -> None:
    install(entry)
    with pytest.raises(UsageError, match=message):
        engine_named("nice")


def test_an_engine_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(UnknownName, match="engine named 'slrum'") as error:
        engine_named("slrum")
    assert "slurm" in error.value.hint


def test_workers_that_do_not_fit_are_refused_before_work(site: RunConfig, make_plan: Callable[..., Plan]) -> None:
    with pytest.raises(UsageError, match="3 workers do not fit into one process"):
        run_grid(make_plan(site), site, workers=3)
    assert engine_named("inline").workers(None, "cpu") == 1
    assert engine_named("slurm").workers(None, "cpu") == 4
    with pytest.raises(UsageError, match="no option of sbatch"):
        Slurm(sbatch=("-x",)).workers(None, "cpu")


def test_a_launcher_that_is_not_there_is_told() -> None:
    with pytest.raises(NotAvailable, match="no-such-launcher cannot be started"):
        start(0, "", {}, lambda event: None, launcher=["no-such-launcher"])
