"""A grid that its backbones have no room for is refused before any work, with the key that says so."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from madx_stilts.errors import ConfigError
from madx_stilts.grid.grid import Grid
from madx_stilts.grid.job import Job
from madx_stilts.grid.plan import Plan, plan
from madx_stilts.positions import ModelLimits
from madx_stilts.run.backbones import extent_of
from madx_stilts.tasks import TASKS

Planned = Callable[..., Plan]


@pytest.fixture
def planned(grid_of: Callable[..., Grid]) -> Planned:
    """The plan of a grid on a backbone of 128 positions and 4 layers."""

    def stamps(job: Job) -> Mapping[str, str]:
        return {}

    return lambda **keys: plan(grid_of(**keys), TASKS, stamps, lambda name: ModelLimits("tiny", tokens=128, layers=4))


SHORT = {"train": {"max_tokens": 128}}
ADAPTED: dict[str, object] = {"language_adapters": ["source"]}
LAYERS = {"method": {"leave_out": [4]}}
FAULTS: list[tuple[dict[str, object], dict[str, object], str]] = [
    ({"target": {}}, {}, "train.target: for xnli, max_tokens is 256, and tiny has positions for 128 tokens"),
    ({"target": {}}, {"targets": ["xquad"]}, "train.target: for xquad, max_tokens is 384, and tiny has"),
    ({"intermediate": {}}, {"intermediates": ["squad_v1"]}, "train.intermediate: for squad_v1, max_tokens is 384"),
    ({"intermediate": {}}, {"intermediates": [{"mix": ["mnli", "squad_v1"]}]}, "max_tokens is 384, and tiny"),
    ({"intermediate": {}}, {"intermediates": [{"fuse": ["mnli", "ccg"]}]}, "train.intermediate: for mnli, max_tokens"),
    ({"language": {"text": "owner/text", "languages": ["en"]}}, ADAPTED, "train.language: for language adapters, max_"),
    ({"target": SHORT | LAYERS}, {}, "train.target: for xnli, leave_out names layer 4, and tiny has the layers 0 to 3"),
    ({"target": SHORT | {"method": {"leave_out": [0, 1, 2, 3]}}}, {}, "leave_out names all 4 layers of tiny"),
]


@pytest.mark.parametrize(("train", "keys", "fault"), FAULTS)
def test_what_a_backbone_has_no_room_for_is_told_with_its_key(
    train: dict[str, object], keys: dict[str, object], fault: str, planned: Planned
) -> None:
    short = dict.fromkeys(("target", "intermediate"), SHORT) | {"language": SHORT}
    with pytest.raises(ConfigError) as caught:
        planned(train=short | train, **keys)
    assert any(fault in one for one in caught.value.faults), caught.value.faults


def test_settings_that_no_training_takes_are_no_fault(planned: Planned) -> None:
    assert planned(train={"target": SHORT}).jobs


def test_every_backbone_is_looked_at(grid_of: Callable[..., Grid]) -> None:
    sizes = {"small": ModelLimits("small", tokens=100), "large": ModelLimits("large", tokens=512)}
    grid = grid_of(backbones=["large", "small"])
    with pytest.raises(ConfigError) as caught:
        plan(grid, TASKS, lambda job: {}, sizes.__getitem__)
    assert [fault.partition(", and ")[2] for fault in caught.value.faults] == ["small has positions for 100 tokens"]


def test_the_size_of_a_folder_is_in_its_config(tmp_path: Path) -> None:
    config = {"model_type": "xlm-roberta", "max_position_embeddings": 130, "pad_token_id": 1, "num_hidden_layers": 4}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert extent_of(str(tmp_path), offline=True) == ModelLimits(tmp_path.name, tokens=128, layers=4)


INVERTIBLE = {"kind": "seq_bn_inv"}
LANGUAGE = {"text": "owner/text", "languages": ["en"]}


@pytest.mark.parametrize(
    ("train", "keys", "key"),
    [
        ({"target": {"method": INVERTIBLE}}, {"intermediates": ["mnli"]}, "train.target.method"),
        ({"target": {"method": INVERTIBLE}}, {"intermediates": [{"fuse": ["mnli", "ccg"]}]}, "train.target.method"),
        ({"target": {"method": INVERTIBLE}, "language": LANGUAGE}, ADAPTED, "train.target.method"),
        (
            {"intermediate": {"method": INVERTIBLE}, "language": LANGUAGE},
            {"intermediates": ["mnli"], **ADAPTED},
            "train.intermediate.method",
        ),
    ],
)
def test_an_invertible_part_above_another_adapter_is_refused(
    train: dict[str, object], keys: dict[str, object], key: str, grid_of: Callable[..., Grid]
) -> None:
    with pytest.raises(ConfigError) as caught:
        plan(grid_of(train=train, **keys), TASKS, lambda job: {})
    wanted = f"{key}: seq_bn_inv adapters stand on no other adapter"
    assert any(fault.startswith(wanted) for fault in caught.value.faults), caught.value.faults


def test_an_invertible_part_at_the_bottom_is_planned(grid_of: Callable[..., Grid]) -> None:
    for keys in ({"transfers": ["stack"], "train": {"intermediate": {"method": INVERTIBLE}}},):
        assert plan(grid_of(intermediates=["mnli"], **keys), TASKS, lambda job: {}).jobs
