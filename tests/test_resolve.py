"""What a training gets where its settings leave something open."""

from typing import Any

import pytest

from madx_stilts.formats import FORMATS
from madx_stilts.recipe import Method, Part, Sampling, TrainSettings
from madx_stilts.resolve import LANGUAGE_METHOD, MLM_SHARE, resolve_method, resolve_sampling, resolve_train
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.text import MASKED_LM


def part(task: str = "mnli", limit: int | None = None) -> Part:
    return Part(task=task, language="en", limit=limit)


@pytest.mark.parametrize(
    ("written", "parts", "expected"),
    [
        ({}, [part(limit=64)], 64),
        ({}, [part()], None),
        ({}, [part(limit=64), part("qqp", limit=100)], 100),
        ({}, [part(limit=64), part("qqp")], None),
        ({}, [part(limit=64), part("masked_lm")], 64),
        ({}, [part("masked_lm", limit=64)], None),
        ({"dev_limit": 500}, [part(limit=64)], 500),
        ({"dev_limit": None}, [part(limit=64)], 64),
    ],
)
def test_dev_data_are_limited_as_training_data_are_unless_they_have_a_limit(
    written: dict[str, Any], parts: list[Part], expected: int | None
) -> None:
    train = TrainSettings.model_validate({"epochs": 2, "max_tokens": 64, **written})
    tasks = [MASKED_LM if one.task == MASKED_LM.name else TASKS[one.task] for one in parts]
    made = resolve_train(train, tasks, parts)
    assert made.dev_limit == expected
    assert made.model_copy(update={"dev_limit": train.dev_limit}) == train


@pytest.mark.parametrize("name", sorted(TASKS))
def test_the_length_is_that_of_the_format_unless_one_is_written(name: str) -> None:
    task = TASKS[name]
    assert resolve_train(TrainSettings(), [task]).max_tokens == FORMATS[task.format].max_tokens
    assert resolve_train(TrainSettings(max_tokens=64), [task]).max_tokens == 64


def test_what_is_resolved_once_stays_as_it_is() -> None:
    tasks, parts = [TASKS["mnli"], TASKS["squad_v1"]], [part("mnli", 3), part("squad_v1", 5)]
    once = resolve_train(TrainSettings(), tasks, parts)
    assert resolve_train(once, tasks, parts) == once
    assert resolve_train(once, tasks[:1], parts[:1]) == once


def test_only_adapters_of_plain_text_are_of_the_kind_of_language_adapters() -> None:
    assert resolve_method(Method(), [MASKED_LM]) == LANGUAGE_METHOD
    assert resolve_method(Method(reduction_factor=8), [MASKED_LM]) == Method(kind="seq_bn_inv", reduction_factor=8)
    assert resolve_method(Method(kind="seq_bn"), [MASKED_LM]).kind == "seq_bn"
    assert resolve_method(Method(), [TASKS["mnli"], MASKED_LM]) == Method()


@pytest.mark.parametrize(
    ("written", "tasks", "texts", "drawn"),
    [
        (None, 1, 0, None),
        (None, 0, 1, None),
        (None, 2, 0, Sampling()),
        (None, 2, 1, Sampling(masked_lm=MLM_SHARE)),
        (Sampling(masked_lm=0.5), 1, 1, Sampling(masked_lm=0.5)),
        (Sampling(kind="uniform"), 1, 1, Sampling(kind="uniform", masked_lm=MLM_SHARE)),
    ],
)
def test_a_mixture_is_drawn_in_proportion_and_text_has_a_share(
    written: Sampling | None, tasks: int, texts: int, drawn: Sampling | None
) -> None:
    assert resolve_sampling(written, tasks=tasks, texts=texts) == drawn
