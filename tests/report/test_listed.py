"""The lists of numbers can be read back, and hold every number and every hole."""

import csv
import io
from collections.abc import Callable

from madx_stilts.report.gains import all_gains, averages
from madx_stilts.report.listed import AVERAGES, GAINS, SCORES, as_csv, average_rows, gain_rows, score_rows
from madx_stilts.report.results import FACTS, Results
from madx_stilts.score import evaluation

Make = Callable[..., Results]


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_facts_are_those_of_an_evaluation() -> None:
    assert evaluation.FACTS == FACTS


def test_scores_come_back_from_csv_to_the_last_digit(results_of: Make) -> None:
    results = results_of()
    rows = read(as_csv(SCORES, score_rows(results)))
    found = {
        (row["intermediate"], row["target"], int(row["seed"]), row["language"], row["metric"]): float(row["score"])
        for row in rows
        if row["score"]
    }
    expected = {
        (one.cell.intermediate, one.cell.target, one.cell.seed, code, metric): value
        for one in results.outcomes
        for code, values in one.scores.items()
        for metric, value in values.items()
        if metric != "n"
    }
    assert found == expected
    assert {row["n"] for row in rows if row["score"]} == {"100.0"}


def test_a_hole_has_a_row_for_each_language_and_says_why(results_of: Make) -> None:
    rows = [row for row in read(as_csv(SCORES, score_rows(results_of()))) if row["missing"]]
    named = {(row["intermediate"], row["target"], row["seed"]) for row in rows}
    assert named == {("mnli", "xnli", "0"), ("squad_v1", "tydiqa_goldp", "0"), ("squad_v1", "tydiqa_goldp", "1")}
    assert len(rows) == 3 * 3
    assert {(row["score"], row["missing"]) for row in rows} == {("", "failed")}
    assert all(row["reason"].endswith("<failed>") for row in rows)


def test_gains_come_back_from_csv(results_of: Make) -> None:
    gains = all_gains(results_of())
    rows = read(as_csv(GAINS, gain_rows(gains)))
    assert [float(row["gain"]) for row in rows] == [one.value.mean for one in gains]
    assert [row["p_holm"] for row in rows] == ["" if one.holm is None else str(one.holm) for one in gains]
    assert [int(row["n_seeds"]) for row in rows] == [len(one.value.seeds) for one in gains]


def test_averages_come_back_from_csv(results_of: Make) -> None:
    means = averages(results_of().parts[0])
    rows = read(as_csv(AVERAGES, average_rows(means)))
    assert [row["score"] for row in rows] == ["" if one.score is None else str(one.score.mean) for one in means]
