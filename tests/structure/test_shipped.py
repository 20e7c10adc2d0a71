"""What comes with the package: an encoder, and adapters that fit it, each whole and with a page."""

import json
import re
from pathlib import Path

import pytest
from safetensors import safe_open

from madx_stilts.config import BackboneConfig, load
from madx_stilts.pretrain.plan import PretrainConfig
from madx_stilts.resources import shipped_zoo
from madx_stilts.stack import AdapterRef, Role
from madx_stilts.zoo.store import Zoo

NINE = ["anli_plus", "mnli", "qqp", "squad_v1", "squad_v2", "hellaswag", "ccg", "cosmos_qa", "commonsense_qa"]
LANGUAGES = ["qaa", "qab", "qac", "qad", "qae"]


@pytest.fixture(scope="module")
def root() -> Path:
    zoo = shipped_zoo()
    assert zoo is not None
    return zoo


@pytest.fixture(scope="module")
def zoo(root: Path) -> Zoo:
    return Zoo([root])


def names(zoo: Zoo, role: Role) -> set[str]:
    return {ref.name for ref in zoo.references() if ref.role is role}


def test_the_encoder_is_small_and_holds_no_pickle() -> None:
    folder = Path(load("miniature", BackboneConfig, kind="backbones").source)
    weights = folder / "model.safetensors"
    assert weights.stat().st_size < 8_000_000
    with safe_open(weights, framework="numpy") as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118 (no mapping)
    parameters = sum(shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in shapes)
    assert 1_000_000 < parameters < 4_000_000
    assert {path.suffix for path in folder.iterdir()} == {".json", ".jsonl", ".md", ".safetensors"}


def test_the_encoder_was_made_by_the_config_that_comes_with_it() -> None:
    folder = Path(load("miniature", BackboneConfig, kind="backbones").source)
    made = json.loads((folder / "pretraining.json").read_text(encoding="utf-8"))
    assert PretrainConfig.model_validate(made["config"]) == load("encoder-base", PretrainConfig, kind="pretrain")


def test_every_file_of_the_shipped_zoo_is_as_its_card_says(zoo: Zoo) -> None:
    assert [str(fault) for fault in zoo.verify()] == []


def test_there_are_the_nine_intermediates_the_languages_and_the_targets(zoo: Zoo) -> None:
    assert set(NINE) <= names(zoo, Role.INTERMEDIATE)
    assert set(LANGUAGES) <= names(zoo, Role.LANGUAGE)
    assert {"xnli", "paws_x", "udpos", "panx", "xquad", "tydiqa_goldp", "xcopa"} <= names(zoo, Role.TARGET)


def test_all_of_them_fit_the_shipped_encoder_and_say_what_they_are(zoo: Zoo) -> None:
    cards = [zoo.card(ref.id) for ref in zoo.references()]
    assert len({card.backbone.fingerprint for card in cards}) == 1
    assert {card.backbone.name for card in cards} == {"miniature"}
    for card in cards:
        assert any("constructed world" in note for note in card.notes), card.name


def test_each_has_a_page_with_its_scores(root: Path, zoo: Zoo) -> None:
    listed = (root / "README.md").read_text(encoding="utf-8")
    for ref in zoo.references():
        page = root / str(ref.role) / f"{ref.name}.md"
        assert f"({ref.role}/{ref.name}.md)" in listed
        text = page.read_text(encoding="utf-8")
        assert "constructed world" in text
        assert "## How to load it" in text or "load_adapter" in text
        _assert_dev_scores_are_told(zoo, ref, text + listed)


def _assert_dev_scores_are_told(zoo: Zoo, ref: AdapterRef, text: str) -> None:
    for value in zoo.card(ref.id).scores.values():
        assert re.search(rf"\b{value:.1f}", text), f"{ref}: {value}"


def test_nothing_shipped_names_a_path_of_the_machine_it_was_made_on(root: Path) -> None:
    for path in root.rglob("*.json"):
        text = json.dumps(json.loads(path.read_text(encoding="utf-8")))
        assert not re.search(r'"/(home|root|tmp|work|Users)/', text), path
