"""The tables on stdout say what the report says: scores, gains, holes, and the caveat."""

from collections.abc import Callable

import pytest

from madx_stilts.cli.grid_scores import print_results
from madx_stilts.report.gains import ONE_SEED, all_gains
from madx_stilts.report.markup import signed
from madx_stilts.report.results import ALL, Results

Make = Callable[..., Results]


def test_tables_have_every_gain_and_name_the_holes(results_of: Make, capsys: pytest.CaptureFixture[str]) -> None:
    results = results_of(seeds=(0, 1))
    print_results(results)
    out, err = capsys.readouterr()
    for gain in all_gains(results):
        assert gain.over != ALL or gain.intermediate == "none" or signed(gain.value.mean, 2) in out
    rows = [line.split() for line in out.splitlines() if line.startswith("squad_v1")]
    assert [row.count("failed") for row in rows] == [1, 1]
    assert "3 of 30 cells have no scores" in err
    assert results.world is not None
    assert results.world.caveat in out


def test_one_seed_is_told(results_of: Make, capsys: pytest.CaptureFixture[str]) -> None:
    print_results(results_of(seeds=(0,)))
    assert ONE_SEED in capsys.readouterr().err
    print_results(results_of(seeds=(0, 1)))
    assert ONE_SEED not in capsys.readouterr().err
