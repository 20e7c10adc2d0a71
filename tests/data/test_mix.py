"""Parts of a mixture are drawn as often as they should be, at every moment of a training."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.data.mix import mix_of, timetable, turns
from madx_stilts.recipe import Part, Recipe, Sampling

sizes_of_parts = st.lists(st.integers(1, 10**7), min_size=2, max_size=9)
weights = st.lists(st.integers(1, 1000), min_size=1, max_size=9)
seeds = st.integers(0, 2**31)


def recipe_of(count: int, texts: int = 0, **sampling: Any) -> Recipe:
    """A mixture of so many tasks, and texts beside them."""
    tasks = [Part(task=f"task{at}", language="en") for at in range(count)]
    beside = [Part(task="masked_lm", language=f"l{at}") for at in range(texts)]
    return Recipe(parts=(*tasks, *beside), sampling=Sampling(**sampling))


@given(sizes_of_parts)
def test_uniform_sampling_gives_every_part_the_same_share(sizes: list[int]) -> None:
    mix = mix_of(recipe_of(len(sizes), kind="uniform"), sizes)
    assert mix.shares == pytest.approx([1 / len(sizes)] * len(sizes))
    assert mix.epoch == sum(sizes)


@given(sizes_of_parts)
def test_proportional_sampling_gives_shares_by_size(sizes: list[int]) -> None:
    mix = mix_of(recipe_of(len(sizes)), sizes)
    assert mix.shares == pytest.approx([size / sum(sizes) for size in sizes])


@given(sizes_of_parts, st.integers(1, 10**7))
def test_a_cap_bounds_what_counts_of_a_part(sizes: list[int], cap: int) -> None:
    mix = mix_of(recipe_of(len(sizes), cap=cap), sizes)
    assert mix == mix_of(recipe_of(len(sizes)), [min(size, cap) for size in sizes])
    assert mix.epoch <= cap * len(sizes)


@given(sizes_of_parts, st.floats(1, 100))
def test_temperature_sampling_is_the_formula_of_t5(sizes: list[int], temperature: float) -> None:
    mix = mix_of(recipe_of(len(sizes), kind="temperature", temperature=temperature), sizes)
    rates = [size ** (1 / temperature) for size in sizes]
    assert mix.shares == pytest.approx([rate / sum(rates) for rate in rates])


@given(sizes_of_parts)
def test_temperature_goes_from_proportional_to_uniform(sizes: list[int]) -> None:
    def shares(**sampling: Any) -> tuple[float, ...]:
        return mix_of(recipe_of(len(sizes), **sampling), sizes).shares

    assert shares(kind="temperature", temperature=1) == pytest.approx(shares(kind="proportional"))
    assert shares(kind="temperature", temperature=1e9) == pytest.approx(shares(kind="uniform"), rel=1e-6)


@given(sizes_of_parts, st.integers(1, 3), st.floats(0.01, 0.99))
def test_text_beside_tasks_gets_its_share_whatever_its_size(sizes: list[int], texts: int, share: float) -> None:
    tasks = len(sizes)
    mix = mix_of(recipe_of(tasks, texts, masked_lm=share), [*sizes, *range(10**6, 10**6 + texts)])
    assert sum(mix.shares[tasks:]) == pytest.approx(share)
    alone = mix_of(recipe_of(tasks), sizes)
    assert [one / (1 - share) for one in mix.shares[:tasks]] == pytest.approx(alone.shares)
    assert mix.epoch * (1 - share) == pytest.approx(alone.epoch, abs=1)


def test_a_single_part_gets_every_step() -> None:
    mix = mix_of(Recipe(parts=(Part(task="mnli", language="en"),)), [100])
    assert (mix.shares, mix.epoch) == ((1.0,), 100)
    assert timetable(mix.shares, 50, seed=3).tolist() == [0] * 50


@given(weights, st.integers(1, 3000), seeds)
def test_at_every_step_each_part_came_nearly_as_often_as_its_share_says(
    weights: list[int], steps: int, seed: int
) -> None:
    shares = [weight / sum(weights) for weight in weights]
    drawn = timetable(shares, steps, seed=seed)
    assert drawn.shape == (steps,)
    for part, share in enumerate(shares):
        came = np.cumsum(drawn == part)
        assert np.abs(came - share * np.arange(1, steps + 1)).max() <= 1 + share * len(shares)


@given(weights, st.integers(1, 500), st.integers(1, 500), seeds)
def test_a_longer_timetable_begins_with_a_shorter_one(weights: list[int], steps: int, more: int, seed: int) -> None:
    shares = [weight / sum(weights) for weight in weights]
    longer = timetable(shares, steps + more, seed=seed)
    assert longer[:steps].tolist() == timetable(shares, steps, seed=seed).tolist()


def test_another_seed_draws_another_timetable_that_has_no_rhythm() -> None:
    one, other = (timetable([0.5, 0.5], 200, seed=seed).tolist() for seed in (0, 1))
    assert one != other
    assert len({tuple(one[at : at + 8]) for at in range(0, 200, 8)}) > 5


@given(weights, st.integers(1, 500), seeds)
def test_turns_count_the_batches_of_each_part(weights: list[int], steps: int, seed: int) -> None:
    drawn = timetable([weight / sum(weights) for weight in weights], steps, seed=seed)
    seen: dict[int, int] = {}
    for part, turn in zip(drawn.tolist(), turns(drawn).tolist(), strict=True):
        assert turn == seen.get(part, 0)
        seen[part] = turn + 1


def test_a_timetable_of_a_million_steps_is_made_at_once() -> None:
    drawn = timetable([0.9, 0.0999, 0.0001], 10**6, seed=0)
    assert np.bincount(drawn).tolist() == pytest.approx([900_000, 99_900, 100], abs=4)
