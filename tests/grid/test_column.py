"""What a column of a grid says, what it is called, and the trainings that it comes down to."""

import json
from collections.abc import Callable

import pytest

from madx_stilts.errors import ConfigError
from madx_stilts.formats import FORMATS
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.intermediate import IntermediateSpec
from madx_stilts.grid.recipes import RecipeBuilder, RecipeTemplate
from madx_stilts.tasks import TASKS

GridOf = Callable[..., Grid]


def blueprints(grid: Grid) -> tuple[RecipeTemplate, ...]:
    """The trainings of a grid's only column."""
    (column,) = grid.intermediates
    return RecipeBuilder(grid, TASKS).column(column)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("none", "none"),
        ("mnli", "mnli"),
        ("mnli@en", "mnli"),
        ("mnli@de", "mnli.de"),
        ({"task": "mnli", "language": "de"}, "mnli.de"),
        ({"task": "mnli", "masked_lm": 0.2}, "mix.mnli.masked_lm"),
        ({"mix": ["mnli", "squad_v1@de"]}, "mix.mnli.squad_v1.de"),
        ({"mix": ["mnli", "ccg"], "masked_lm": 0.2, "text_languages": ["sw"]}, "mix.mnli.ccg.masked_lm.sw"),
        ({"chain": ["mnli", "siqa"]}, "chain.mnli.siqa"),
        ({"mix": ["mnli", "siqa"], "name": "both"}, "both"),
    ],
)
def test_a_column_is_called_as_the_command_line_calls_its_adapter(grid_of: GridOf, written: object, label: str) -> None:
    grid = grid_of(intermediates=[written], train={"language": {"text": "local/text"}})
    assert grid.intermediates[0].label(TASKS) == label
    assert [one.name for one in blueprints(grid)][-1:] == ([] if label == "none" else [label])


def test_a_word_is_a_column_with_the_same_parts() -> None:
    assert IntermediateSpec.of("mnli@de") == IntermediateSpec(task="mnli", language="de")


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ({}, "names nothing"),
        ({"task": "mnli", "mix": ["a", "b"]}, "names task and mix"),
        ({"mix": ["mnli", "ccg"], "language": "de"}, "write task@language"),
        ({"chain": ["mnli", "ccg"], "sampling": {}}, "sampling goes with mix"),
        ({"task": "mnli", "text": "local/text"}, "no effect without masked_lm"),
        ({"mix": ["mnli", "ccg"], "sampling": {"masked_lm": 0.2}}, "beside sampling"),
    ],
)
def test_a_column_that_contradicts_itself_is_refused(grid_of: GridOf, written: object, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        grid_of(intermediates=[written])


def test_masked_lm_takes_its_share_and_its_text(grid_of: GridOf) -> None:
    train = {"language": {"text": "local/text", "tokens": 500}}
    (one,) = blueprints(grid_of(intermediates=[{"task": "mnli", "masked_lm": 0.2}], train=train))
    assert [(part.task, part.language, part.tokens) for part in one.parts] == [
        ("mnli", "en", None),
        ("masked_lm", "en", 500),
    ]
    assert one.sampling is not None
    assert (one.sampling.masked_lm, one.text) == (0.2, "local/text")
    own = {"task": "mnli", "masked_lm": 0.2, "text": "other/text", "text_languages": ["de", "sw"]}
    (other,) = blueprints(grid_of(intermediates=[own], train=train))
    assert (other.text, [part.language for part in other.parts]) == ("other/text", ["en", "de", "sw"])


def test_masked_lm_in_a_chain_is_in_each_of_its_trainings(grid_of: GridOf) -> None:
    train = {"language": {"text": "local/text"}}
    column = {"chain": ["mnli", "siqa"], "masked_lm": 0.2}
    first, second = blueprints(grid_of(intermediates=[column], train=train))
    assert [part.task for part in first.parts] == ["mnli", "masked_lm"]
    assert [part.task for part in second.parts] == ["siqa", "masked_lm"]


def test_what_is_written_for_a_task_wins_and_what_is_written_for_the_column_wins_over_that(grid_of: GridOf) -> None:
    column = {"task": "mnli", "train": {"epochs": 7}, "limit": 10}
    by_task = {"mnli": {"method": {"reduction_factor": 4}, "train": {"epochs": 5, "batch_size": 8}, "limit": 20}}
    train = {"intermediate": {"method": {"kind": "compacter"}, "train": {"learning_rate": 0.1}, "by_task": by_task}}
    (one,) = blueprints(grid_of(intermediates=[column], train=train))
    assert (one.method.kind, one.method.reduction_factor) == ("compacter", 4)
    assert (one.train.learning_rate, one.train.epochs, one.train.batch_size) == (0.1, 7, 8)
    assert one.parts[0].limit == 10


def test_in_a_mixture_only_the_limit_is_of_each_task(grid_of: GridOf) -> None:
    by_task = {"mnli": {"train": {"epochs": 5}, "limit": 20}}
    train = {"intermediate": {"limit": 50, "by_task": by_task}}
    (one,) = blueprints(grid_of(intermediates=[{"mix": ["mnli", "ccg"]}], train=train))
    assert [part.limit for part in one.parts] == [20, 50]
    assert one.train.epochs == 3


def test_a_limit_is_lifted_by_null(grid_of: GridOf) -> None:
    train = {"intermediate": {"limit": 50, "by_task": {"mnli": {"limit": None}}}}
    (one,) = blueprints(grid_of(intermediates=["mnli"], train=train))
    assert one.parts[0].limit is None


@pytest.mark.parametrize(
    ("column", "shape"),
    [
        ("mnli", "pair"),
        ("squad_v1", "span"),
        ({"mix": ["mnli", "squad_v1"]}, "span"),
        ({"task": "mnli", "masked_lm": 0.2}, "text"),
    ],
)
def test_the_length_suits_the_shape_unless_it_is_written(grid_of: GridOf, column: object, shape: str) -> None:
    text = {"language": {"text": "local/text"}}
    (usual,) = blueprints(grid_of(intermediates=[column], train=text))
    longest = max(FORMATS[shape].max_tokens, FORMATS["pair"].max_tokens)
    assert usual.train.max_tokens == longest
    (written,) = blueprints(
        grid_of(intermediates=[column], train={**text, "intermediate": {"train": {"max_tokens": 64}}})
    )
    assert written.train.max_tokens == 64


def test_a_grid_comes_back_from_its_json_with_what_was_written(grid_of: GridOf) -> None:
    grid = grid_of(intermediates=["none", "mnli@de", {"mix": ["mnli", "ccg"], "train": {"epochs": 1}}])
    text = grid.model_dump_json(exclude_unset=True)
    again = Grid.model_validate_json(text)
    assert again == grid
    assert again.model_dump_json(exclude_unset=True) == text
    assert json.loads(text)["intermediates"][1] == {"task": "mnli", "language": "de"}


def test_no_text_is_read_where_none_is_modelled(grid_of: GridOf) -> None:
    (one,) = blueprints(grid_of(intermediates=["mnli"], train={"language": {"text": "local/text"}}))
    assert (one.text, one.sampling) == ("", None)


def test_a_column_is_read_from_a_file_with_the_place_of_each_fault() -> None:
    from madx_stilts.config import read

    text = "name: x\nbackbones: [b]\ntargets: [xnli]\nintermediates:\n  - none\n  - {tsk: mnli}\n  - 5\nlanguages: al\n"
    with pytest.raises(ConfigError) as caught:
        read(text, Grid, source="x.yaml")
    assert list(caught.value.faults) == [
        "intermediates.1.tsk: is no known key; did you mean task? (line 6)",
        "intermediates.2: should be an object, not 5 (line 7)",
        "languages: should be 'all', 'xtreme' or 'xtreme_r', not 'al'; did you mean all? (line 8)",
    ]
