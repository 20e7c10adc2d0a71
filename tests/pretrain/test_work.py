"""From a config to a folder: whole, loadable everywhere, the same after an interruption."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from adapters import AutoAdapterModel
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer, XLMRobertaTokenizerFast

from madx_stilts.errors import Interrupted, UsageError
from madx_stilts.files import sha256_of
from madx_stilts.nets.backbone import load_backbone
from madx_stilts.pretrain.plan import ArchitectureName, PretrainConfig
from madx_stilts.pretrain.pretrain import pretrain
from madx_stilts.train.callbacks import NullCallback

Tiny = Callable[[ArchitectureName], PretrainConfig]


def silent(line: str) -> None: ...


@pytest.fixture(scope="session")
def made(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny encoder."""
    return pretrain(tiny("encoder"), tmp_path_factory.mktemp("made") / "tiny", say=silent).folder


class StopAt(NullCallback):
    """Sends the signal that a job scheduler sends, after some steps."""

    def on_step_end(self, done: int, values: object) -> None:
        if done == 7:
            os.kill(os.getpid(), signal.SIGTERM)


def test_the_folder_has_all_that_is_needed_and_nothing_beside_it(made: Path) -> None:
    names = {path.name for path in made.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md", "pretraining.json"} <= names
    assert [path.name for path in made.parent.iterdir()] == ["tiny"]


def test_the_readme_says_that_nothing_in_it_is_real(made: Path) -> None:
    text = (made / "README.md").read_text(encoding="utf-8")
    assert "It knows no real language" in text
    assert "Bolune | no" in text


def test_an_encoder_is_a_backbone_with_its_masked_language_modelling_head(made: Path) -> None:
    backbone = load_backbone("tiny", made, offline=True)
    assert backbone.pretrained_head == "default"
    assert isinstance(backbone.tokenizer, XLMRobertaTokenizerFast)
    assert backbone.layers == 2


def test_an_encoder_loads_with_adapters_as_it_is(made: Path) -> None:
    model = AutoAdapterModel.from_pretrained(made)
    assert {parameter.dtype.itemsize for parameter in model.parameters()} == {4}


def test_the_log_and_the_facts_tell_accuracy_and_retrieval(made: Path) -> None:
    lines = [json.loads(line) for line in (made / "training.jsonl").read_text().splitlines()]
    facts = json.loads((made / "pretraining.json").read_text())
    assert lines[0]["loss"] > lines[-2]["loss"]
    assert lines[-1]["dev"].keys() == facts["scores"].keys()
    assert {"accuracy.qaa", "accuracy.qae", "found.qab", "found_centred.qad"} <= facts["scores"].keys()
    assert PretrainConfig.model_validate(facts["config"], strict=False).size.hidden == 32


def test_a_training_that_was_stopped_goes_on_to_the_same_files(tiny: Tiny, made: Path, tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="after step 7 of 60"):
        pretrain(tiny("encoder"), tmp_path / "tiny", say=silent, listeners=[StopAt])
    assert not (tmp_path / "tiny").exists()
    with pytest.raises(UsageError, match="another config"):
        pretrain(tiny("decoder"), tmp_path / "tiny", say=silent)
    pretrain(tiny("encoder"), tmp_path / "tiny", say=silent)
    for path in made.iterdir():
        assert sha256_of(tmp_path / "tiny" / path.name) == sha256_of(path), path.name


class StopWhileMeasuring(NullCallback):
    """Sends that signal after the first pass of a measurement, and notes the passes.

    Args:
        at: Which measurement, counted from 1.
    """

    def __init__(self, at: int) -> None:
        self.at = at
        self.passes: list[int] = []

    def __call__(self) -> "StopWhileMeasuring":
        return self

    def on_evaluate_step(self, done: int, batches: int) -> None:
        self.passes.append(done)
        if self.passes.count(1) == self.at:
            os.kill(os.getpid(), signal.SIGTERM)


def test_measuring_stops_within_a_batch_and_is_done_by_the_next_run(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny("encoder")
    config = config.model_copy(update={"train": config.train.model_copy(update={"steps": 2, "looks": 2})})
    calm = pretrain(config, tmp_path / "calm" / "tiny", say=silent).folder
    rough = tmp_path / "rough" / "tiny"
    for at, where in ((1, "step 1 of 2"), (2, "step 2 of 2"), (2, "the last step")):
        stopping = StopWhileMeasuring(at)
        with pytest.raises(Interrupted, match=f"Stopped after {where}; nothing is lost"):
            pretrain(config, rough, say=silent, listeners=[stopping])
        assert stopping.passes[-1] == 1
    pretrain(config, rough, say=silent)
    for path in calm.iterdir():
        assert sha256_of(rough / path.name) == sha256_of(path), path.name


@pytest.mark.parametrize(
    ("architecture", "loader"), [("encoder_decoder", AutoModelForSeq2SeqLM), ("decoder", AutoModelForCausalLM)]
)
def test_other_architectures_load_as_what_they_are(
    architecture: ArchitectureName, loader: type, tiny: Tiny, tmp_path: Path
) -> None:
    config = tiny(architecture)
    short = config.model_copy(update={"train": config.train.model_copy(update={"steps": 2})})
    folder = pretrain(short, tmp_path / "tiny", say=silent).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = loader.from_pretrained(folder)  # type: ignore[attr-defined]
    ids = tokenizer("padra vota gu dro nagoklor", return_tensors="pt")
    assert tokenizer.is_fast
    assert model.generate(**ids, max_new_tokens=3, do_sample=False).shape[0] == 1


def test_a_folder_that_exists_is_left_alone(tiny: Tiny, made: Path) -> None:
    before = sha256_of(made / "model.safetensors")
    with pytest.raises(UsageError, match="exists already"):
        pretrain(tiny("encoder"), made, say=silent)
    assert sha256_of(made / "model.safetensors") == before


def test_killed_with_its_work_folder_left_to_remove_it_ends_as_undisturbed(
    tiny: Tiny, made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tiny"
    shutil.copytree(made, out)
    rest = tmp_path / "tiny.unfinished"
    rest.mkdir()
    (rest / "config.json").touch()
    said: list[str] = []
    ended = pretrain(tiny("encoder"), out, say=said.append)
    assert said == [f"{out} was written whole; nothing is trained."]
    assert not rest.exists()
    facts = json.loads((made / "pretraining.json").read_text())
    assert ended.scores == facts["scores"]
    assert f"{ended.parameters:,} parameters" in (made / "README.md").read_text()
    rest.mkdir()
    other = tiny("encoder").model_copy(update={"seed": 7})
    with pytest.raises(UsageError, match="exists already"):
        pretrain(other, out, say=silent)
