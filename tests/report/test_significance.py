"""Tests agree with scipy, and say nothing where nothing can be said."""

import random
from collections.abc import Sequence

import pytest

from madx_stilts.report.significance import holm, interval, paired_t

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 9, 10, 30])
@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0, 40.0])
def test_the_t_test_is_that_of_scipy(count: int, shift: float) -> None:
    draw = random.Random(count)
    values = [draw.gauss(shift, 1) for _ in range(count)]
    assert paired_t(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("values", [[], [3.0], [1.0, 1.0, 1.0], [0.0, 0.0]])
def test_one_repetition_or_equal_ones_tell_nothing(values: Sequence[float]) -> None:
    assert paired_t(values) is None


def test_one_seed_has_no_interval() -> None:
    assert interval([[1.0, 2.0, 3.0]]) is None


def test_the_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    table = [[1.0, 2.0, 6.0], [0.0, 3.0, 3.0], [2.0, 2.0, 4.0]]
    low, high = interval(table) or (0.0, 0.0)
    assert 0.0 < low < sum(map(sum, table)) / 9 < high < 6.0
    assert interval(table) == (low, high)


def test_an_interval_of_one_value_is_a_point() -> None:
    assert interval([[2.0, 2.0], [2.0, 2.0]]) == pytest.approx((2.0, 2.0))


def test_the_interval_is_as_wide_as_theory_says_where_languages_agree() -> None:
    draw = random.Random(1)
    rows = [[draw.gauss(0, 1)] * 4 for _ in range(400)]
    low, high = interval(rows) or (0.0, 0.0)
    spread = stats.sem([row[0] for row in rows])
    assert high - low == pytest.approx(2 * 1.96 * spread, rel=0.1)


def test_holm_is_worked_out_as_in_the_book() -> None:
    # 0.01 x 4, 0.02 x 3, then 0.03 x 2 = 0.06, which is not smaller, and 0.04 x 1, which may not fall below it.
    found = holm({"d": 0.04, "a": 0.01, "c": 0.03, "b": 0.02})
    assert found == pytest.approx({"a": 0.04, "b": 0.06, "c": 0.06, "d": 0.06})


def test_holm_never_passes_one() -> None:
    assert holm({"a": 0.5, "b": 0.9}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}
