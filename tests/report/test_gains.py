"""Gains and averages: as one would work them out by hand, whatever the order, and holes stay holes."""

import random
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean, stdev

import pytest

from madx_stilts.report.gains import Gain, all_gains, averages, score
from madx_stilts.report.results import ALL, GAP, OTHERS, CellOutcome, ComparablePart, Results

Make = Callable[..., Results]


def naive(results: Results, intermediate: str, target: str, seed: int) -> dict[str, float] | None:
    """Scores of a cell by language, found by searching through all."""
    for one in results.outcomes:
        cell = one.cell
        if (cell.intermediate, cell.target, cell.seed) == (intermediate, target, seed) and one.scores:
            return {code: values[one.target.metric] for code, values in one.scores.items()}
    return None


def keyed(gains: tuple[Gain, ...]) -> dict[tuple[str, str, str], Gain]:
    return {(one.intermediate, one.target.name, one.over): one for one in gains}


def facts(gain: Gain) -> tuple[object, ...]:
    return (gain.intermediate, gain.target, gain.over, gain.value, gain.low, gain.high, gain.p, gain.holm)


def test_gains_are_paired_by_seed_and_language(results_of: Make) -> None:
    results = results_of(seeds=(0, 1, 2))
    found = keyed(all_gains(results))
    for (intermediate, target, over), gain in found.items():
        by_seed = []
        for seed in results.seeds if (intermediate, target) != ("none", "tatoeba") else (0,):
            ours, theirs = (naive(results, name, target, seed) for name in (intermediate, "none"))
            if ours is None or theirs is None:
                continue
            chosen = [code for code in ours if over == ALL or (over == OTHERS and code != "qaa") or code == over]
            by_seed.append(fmean(ours[code] - theirs[code] for code in chosen))
        assert gain.value.mean == pytest.approx(fmean(by_seed))
        assert len(gain.value.seeds) == len(by_seed)
        assert gain.value.sd == (pytest.approx(stdev(by_seed)) if len(by_seed) > 1 else None)
    assert {over for _, _, over in found} == {ALL, OTHERS, "qaa", "qab", "qac"}


def test_the_order_of_the_input_changes_nothing(results_of: Make) -> None:
    results = results_of()
    shuffled = list(results.outcomes)
    random.Random(3).shuffle(shuffled)
    other = replace(results, outcomes=tuple(shuffled))
    assert [*map(facts, all_gains(other))] == [*map(facts, all_gains(results))]
    (one,), (two,) = results.parts, other.parts
    assert [replace(a, part=one) for a in averages(two)] == [*averages(one)]


def test_a_gain_of_none_is_nothing(results_of: Make) -> None:
    own = [gain for gain in all_gains(results_of()) if gain.intermediate == "none"]
    assert own
    assert {gain.value.mean for gain in own} == {0.0}
    assert {(gain.low, gain.p, gain.holm) for gain in own} == {(None, None, None)}


def test_a_hole_stays_a_hole(results_of: Make) -> None:
    results = results_of()
    (part,) = results.parts
    found = keyed(all_gains(results))
    assert ("squad_v1", "tydiqa_goldp", ALL) not in found
    assert found["mnli", "xnli", ALL].value.seeds == (1,)
    assert score(part, "squad_v1", part.targets[1]) is None
    holes = {(one.intermediate, one.targets) for one in averages(part) if one.over == ALL and one.score is None}
    assert holes == {("squad_v1", "all targets"), ("squad_v1", "without retrieval")}


def test_a_cell_that_lacks_a_language_gives_no_mean(results_of: Make) -> None:
    results = results_of(seeds=(0,), holes=frozenset())
    first = next(one for one in results.outcomes if one.cell.intermediate == "ccg" and one.target.name == "xnli")
    cut = replace(first, scores={code: first.scores[code] for code in ("qaa", "qab")})
    outcomes = tuple(cut if one is first else one for one in results.outcomes)
    assert ("ccg", "xnli", ALL) not in keyed(all_gains(replace(results, outcomes=outcomes)))


def test_a_language_without_gold_answers_is_in_no_mean(results_of: Make) -> None:
    results = results_of(seeds=(0,), holes=frozenset())
    outcomes = tuple(
        replace(one, scores={code: ({"n": 5.0} if code == "qac" else one.scores[code]) for code in one.scores})
        for one in results.outcomes
    )
    (part,) = replace(results, outcomes=outcomes).parts
    assert part.languages[part.targets[0]] == ("qaa", "qab")
    assert score(part, "mnli", part.targets[0]) is not None


def test_averages_agree_with_the_plain_sum(results_of: Make) -> None:
    results = results_of(seeds=(0, 1), holes=frozenset())
    (part,) = results.parts
    found = {(one.intermediate, one.targets, one.over): one for one in averages(part)}
    sets = {
        "all targets": ["xnli", "tydiqa_goldp", "tatoeba"],
        "without retrieval": ["xnli", "tydiqa_goldp"],
        "without TyDiQA": ["xnli", "tatoeba"],
        "without both": ["xnli"],
    }
    for (intermediate, name, over), average in found.items():
        names = [one for one in sets[name] if over != GAP or one != "tatoeba"]
        values = [plain(naive(results, intermediate, target, seed), over) for seed in (0, 1) for target in names]
        assert average.score is not None
        assert average.count == len(names)
        assert average.score.mean == pytest.approx(fmean(values))
    assert {name for _, name, _ in found} == set(sets)


def test_gains_of_averages_are_paired_by_seed(results_of: Make) -> None:
    results = results_of(seeds=(0, 1, 2), holes=frozenset({("none", "xnli", 0), ("mnli", "xnli", 2)}))
    found = {(one.intermediate, one.targets): one for one in averages(results.parts[0]) if one.over == ALL}
    gain = found["mnli", "without both"].gain
    assert gain is not None
    assert gain.seeds == (1,)
    ours, theirs = (plain(naive(results, name, "xnli", 1), ALL) for name in ("mnli", "none"))
    assert gain.mean == pytest.approx(ours - theirs)
    three = found["ccg", "without both"].gain
    assert three is not None
    rows = [(naive(results, "ccg", "xnli", seed), naive(results, "none", "xnli", seed)) for seed in (1, 2)]
    assert three.mean == pytest.approx(fmean(plain(one, ALL) - plain(two, ALL) for one, two in rows))


def plain(scores: dict[str, float] | None, over: str) -> float:
    assert scores is not None
    others = fmean(value for code, value in scores.items() if code != "qaa")
    return {ALL: fmean(scores.values()), OTHERS: others, GAP: scores.get("qaa", 0) - others}[over]


def test_one_seed_says_nothing_of_chance(results_of: Make) -> None:
    gains = all_gains(results_of(seeds=(0,)))
    assert {(one.value.sd, one.low, one.high, one.p, one.holm) for one in gains} == {(None,) * 5}
    assert not any(one.is_sure for one in gains)


def test_several_seeds_are_tested_and_corrected(results_of: Make) -> None:
    gains = keyed(all_gains(results_of(seeds=(0, 1, 2), holes=frozenset())))
    tested = {key: one for key, one in gains.items() if one.p is not None}
    assert len(tested) == 4 * 3 * 2
    assert {over for _, _, over in tested} == {ALL, OTHERS}
    for one in tested.values():
        assert one.p is not None
        assert one.holm is not None
        assert one.low is not None
        assert one.high is not None
        assert one.p <= one.holm
        assert one.low <= one.value.mean <= one.high


def test_seeds_that_share_their_scorings_are_one_repetition(results_of: Make) -> None:
    results = results_of(seeds=(0, 1), holes=frozenset())
    first = {
        one.cell.intermediate: one for one in results.outcomes if one.target.name == "tatoeba" and one.cell.seed == 0
    }
    outcomes = tuple(
        replace(first[one.cell.intermediate], cell=one.cell) if one.target.name == "tatoeba" else one
        for one in results.outcomes
    )
    shared = replace(results, outcomes=outcomes)
    gain = keyed(all_gains(shared))["mnli", "tatoeba", ALL]
    assert gain.value.seeds == (0,)
    assert gain.p is None


def test_retrieval_has_the_bare_backbone_for_all_seeds(results_of: Make) -> None:
    gain = keyed(all_gains(results_of(seeds=(0, 1, 2))))["mnli", "tatoeba", ALL]
    assert gain.value.seeds == (0, 1, 2)


def parts_of(results: Results) -> list[tuple[str, list[tuple[str, int]]]]:
    return [(part.fingerprint, [(one.name, one.version) for one in part.targets]) for part in results.parts]


def test_fingerprints_are_never_averaged(results_of: Make, outcome_of: Callable[..., CellOutcome]) -> None:
    results = results_of(seeds=(0,), holes=frozenset())
    cell = replace(results.outcomes[0].cell, seed=1)
    other = outcome_of(cell, results.outcomes[0].target, fingerprint="other", plus=1000.0)
    mixed = replace(results, outcomes=(*results.outcomes, other), seeds=(0, 1))
    known = [("xnli", 1), ("tydiqa_goldp", 1), ("tatoeba", 1)]
    assert parts_of(mixed) == [("sum", known), ("other", [("xnli", 1)])]
    old, new = results.parts[0], mixed.parts[0]
    assert [score(new, "none", target) for target in new.targets] == [score(old, "none", one) for one in old.targets]


def test_versions_are_never_averaged(results_of: Make, outcome_of: Callable[..., CellOutcome]) -> None:
    results = results_of(seeds=(0,), holes=frozenset())
    target = replace(results.outcomes[0].target, version=2)
    others = [
        outcome_of(replace(one.cell, seed=1), target, plus=1000.0)
        for one in results.outcomes
        if one.target.name == "xnli" and one.cell.intermediate in ("none", "mnli")
    ]
    mixed = replace(results, outcomes=(*results.outcomes, *others), seeds=(0, 1))
    (part,) = mixed.parts
    assert [part.label(one) for one in part.targets[:2]] == ["xnli (version 1, accuracy)", "xnli (version 2, accuracy)"]
    assert averages(part) == ()
    found = {(one.intermediate, one.target.version): one for one in all_gains(mixed) if one.target.name == "xnli"}
    assert {one.value.seeds for (_, version), one in found.items() if version == 2} == {(1,)}
    assert {one.value.seeds for (_, version), one in found.items() if version == 1} == {(0,)}


def moved(results: Results, transfer: str) -> list[CellOutcome]:
    """The same outcomes with another transfer, `none` left out."""
    return [
        replace(one, cell=replace(one.cell, transfer=transfer))
        for one in results.outcomes
        if one.cell.intermediate != "none"
    ]


def test_none_that_stands_under_one_transfer_serves_all(results_of: Make) -> None:
    results = results_of(seeds=(0,), holes=frozenset())
    both = replace(results, outcomes=(*results.outcomes, *moved(results, "continue")))
    gains: dict[str, list[tuple[object, ...]]] = {}
    for one in all_gains(both):
        gains.setdefault(one.part.transfer, []).append(facts(one))
    assert gains["continue"] == gains["stack"]


def test_a_hole_of_none_leaves_no_gain(results_of: Make) -> None:
    results = results_of(seeds=(0,), holes=frozenset({("none", "xnli", 0)}))
    assert not [one for one in all_gains(results) if one.target.name == "xnli"]


def test_parts_name_what_they_have_in_common(results_of: Make) -> None:
    part: ComparablePart = results_of().parts[0]
    assert part.title == "tiny, transfer stack, language adapter none"
    assert part.intermediates == ("none", "mnli", "squad_v1", "ccg", 'a<b>&"c"')
