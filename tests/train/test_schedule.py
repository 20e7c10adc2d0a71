"""What happens at which step is a pure function of the recipe."""

from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.recipe import TrainSettings
from madx_stilts.train.schedule import Schedule, layer_of

counts = st.integers(1, 500)


@given(examples=counts, batch_size=st.integers(1, 64), epochs=st.integers(1, 5), warmup=st.floats(0, 1))
def test_the_rate_rises_then_falls_and_stays_between_zero_and_the_highest(
    examples: int, batch_size: int, epochs: int, warmup: float
) -> None:
    course = Schedule(TrainSettings(batch_size=batch_size, epochs=epochs, warmup=warmup, learning_rate=0.1), examples)
    rates = [course.rate(step) for step in range(course.steps)]
    top = rates.index(max(rates))
    assert all(0 < rate <= 0.1 for rate in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_without_warm_up_a_constant_rate_is_the_highest_at_every_step() -> None:
    course = Schedule(TrainSettings(schedule="constant", warmup=0.0, learning_rate=0.1, max_steps=5), 100)
    assert [course.rate(step) for step in range(5)] == [0.1] * 5


def test_the_linear_rate_is_that_of_transformers() -> None:
    """Equal to `get_linear_schedule_with_warmup` after the warm-up, which there begins with a step at rate 0."""
    import torch
    from transformers import get_linear_schedule_with_warmup

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = get_linear_schedule_with_warmup(optimizer, 10, 100)
    theirs = []
    for _ in range(100):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        reference.step()
    course = Schedule(TrainSettings(warmup=0.1, learning_rate=1.0, max_steps=100), 1000)
    assert [round(course.rate(step), 9) for step in range(10, 100)] == [round(rate, 9) for rate in theirs[10:]]


@given(examples=counts, batch_size=st.integers(1, 64))
def test_an_epoch_has_a_step_for_every_begun_batch(examples: int, batch_size: int) -> None:
    course = Schedule(TrainSettings(batch_size=batch_size, epochs=2), examples)
    assert (course.steps_per_epoch - 1) * batch_size < examples <= course.steps_per_epoch * batch_size
    assert course.steps == 2 * course.steps_per_epoch


@given(steps=counts, snapshots=st.integers(1, 20))
def test_averaging_takes_the_stated_number_of_snapshots_and_ends_with_the_last_step(steps: int, snapshots: int) -> None:
    course = Schedule(TrainSettings(keep="average", snapshots=snapshots, max_steps=steps), 1000)
    taken = [done for done in range(1, steps + 1) if course.takes_snapshot(done)]
    assert len(taken) == min(snapshots, steps)
    assert taken[-1] == steps


@given(steps=counts, every=st.none() | counts)
def test_the_last_step_is_always_looked_at(steps: int, every: int | None) -> None:
    assert Schedule(TrainSettings(max_steps=steps, evaluate_every=every), 1000).looks_at_dev(steps)


@given(every=counts, layers=st.integers(1, 24))
def test_gradual_unfreezing_goes_from_the_top_layer_down_to_the_lowest(every: int, layers: int) -> None:
    course = Schedule(TrainSettings(unfreeze_every=every), 1000)
    lowest = [course.lowest_trained_layer(step, layers) for step in range(0, every * layers, every)]
    assert lowest == list(reversed(range(layers)))
    assert course.lowest_trained_layer(every * (layers + 3), layers) == 0


def test_layers_are_read_from_parameter_names() -> None:
    assert layer_of("encoder.layer.11.output.adapters.a-1.adapter_up.bias") == 11
    assert layer_of("heads.a-1.1.weight") is None
    assert layer_of("invertible_adapters.a-1.F.0.weight") is None
