"""A backbone is known by what it computes, is the same before and after training, and is refused when unsound."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from madx_stilts.data.batch import Batch
from madx_stilts.errors import BackboneError, UsageError
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.heads import HEADS, add_head, answer
from madx_stilts.nets.stacking import activate, adapter_parameters, add_fresh, head_parameters
from madx_stilts.recipe import Method, MethodKind
from madx_stilts.tasks import TASKS

KINDS = get_args(MethodKind)
MakeBatch = Callable[[str], Batch]


@pytest.fixture
def folder(tiny_backbone: Path, tmp_path: Path) -> Path:
    """A copy of the backbone's folder, to be changed."""
    return Path(shutil.copytree(tiny_backbone, tmp_path / "copy"))


def fingerprint_of(folder: Path) -> str:
    return load_backbone("tiny", folder, offline=True).fingerprint


def change_json(file: Path, changes: Mapping[str, object]) -> None:
    content = json.loads(file.read_text())
    file.write_text(json.dumps(content | changes))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_the_fingerprint_is_the_same_each_time_it_is_loaded(tiny_backbone: Path) -> None:
    assert len({fingerprint_of(tiny_backbone) for _ in range(3)}) == 1


def test_the_fingerprint_does_not_depend_on_folder_name_or_precision(tiny_backbone: Path, folder: Path) -> None:
    small = load_backbone("another name", folder, precision="bf16", offline=True)
    assert small.fingerprint == fingerprint_of(tiny_backbone)
    assert {parameter.dtype for parameter in small.base.parameters()} == {torch.bfloat16}


def test_settings_that_a_tokenizer_was_saved_with_do_not_count(tiny_backbone: Path, folder: Path) -> None:
    cut = {"direction": "Right", "max_length": 7, "strategy": "LongestFirst", "stride": 0}
    change_json(folder / "tokenizer.json", {"truncation": cut})
    assert fingerprint_of(folder) == fingerprint_of(tiny_backbone)


def test_what_no_head_reads_does_not_count(tiny_backbone: Path, folder: Path) -> None:
    pooler = {"roberta.pooler.dense.weight": torch.eye(64), "roberta.pooler.dense.bias": torch.ones(64)}
    change_weights(folder, lambda weights: weights.update(pooler))
    assert fingerprint_of(folder) == fingerprint_of(tiny_backbone)


@pytest.mark.parametrize("name", ["embeddings.word_embeddings.weight", "encoder.layer.3.output.LayerNorm.bias"])
def test_one_number_that_differs_makes_another_backbone(name: str, tiny_backbone: Path, folder: Path) -> None:
    change_weights(folder, lambda weights: weights[f"roberta.{name}"].view(-1)[5].add_(1e-6))
    assert fingerprint_of(folder) != fingerprint_of(tiny_backbone)


def test_another_tokenizer_makes_another_backbone(tiny_backbone: Path, folder: Path) -> None:
    change_json(folder / "tokenizer.json", {"normalizer": {"type": "Lowercase"}})
    assert fingerprint_of(folder) != fingerprint_of(tiny_backbone)


def test_the_note_for_cards_tells_the_public_name_and_the_shape(tiny_backbone: Path) -> None:
    note = load_backbone("FacebookAI/tiny", tiny_backbone, offline=True).note()
    assert (note.name, note.model_type, note.hidden_size, note.layers) == ("FacebookAI/tiny", "xlm-roberta", 64, 4)


def test_a_backbone_is_loaded_frozen_and_without_dropout(backbone: Backbone) -> None:
    assert not any(parameter.requires_grad for _, parameter in backbone.model.named_parameters())
    assert not any(module.training for module in backbone.base.modules())


def train_one_step(backbone: Backbone, kind: str, batch: Batch) -> dict[str, torch.nn.Parameter]:
    add_fresh(backbone, "new-1", Method.model_validate({"kind": kind, "reduction_factor": 4}), seed=0)
    add_head(backbone, "new-1", "classification", TASKS["xnli"], seed=0)
    trained = {**adapter_parameters(backbone, "new-1"), **head_parameters(backbone, "new-1")}
    for parameter in trained.values():
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(list(trained.values()), lr=0.01, weight_decay=0.1)
    backbone.model.train()
    activate(backbone, ["new-1"])
    with backbone.autocast():
        logits = answer(backbone, "new-1", "classification", batch.inputs, batch.labels)
    HEADS["classification"].loss(logits, batch.labels).backward()
    optimizer.step()
    return trained


@pytest.mark.parametrize("kind", KINDS)
def test_training_leaves_every_frozen_weight_as_it_was(kind: str, backbone: Backbone, batch_of: MakeBatch) -> None:
    before = backbone.weights_digest()
    weights = {name: value.clone() for name, value in backbone.base.state_dict().items()}
    train_one_step(backbone, kind, batch_of("classification"))
    assert backbone.weights_digest() == before
    after = backbone.base.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in weights.items())


def test_the_digest_of_the_weights_tells_when_one_has_changed(backbone: Backbone) -> None:
    before = backbone.weights_digest()
    with torch.no_grad():
        next(iter(backbone.base.parameters())).view(-1)[7] += 1e-3
    assert backbone.weights_digest() != before


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_backbone_in_bf16_adapters_and_heads_are_trained_in_fp32(
    kind: str, tiny_backbone: Path, batch_of: MakeBatch
) -> None:
    backbone = load_backbone("tiny", tiny_backbone, precision="bf16", offline=True)
    before = backbone.weights_digest()
    trained = train_one_step(backbone, kind, batch_of("classification"))
    assert {parameter.dtype for parameter in trained.values()} == {torch.float32}
    assert {parameter.grad.dtype for parameter in trained.values() if parameter.grad is not None} == {torch.float32}
    assert all(torch.isfinite(parameter).all() for parameter in trained.values())
    assert any(parameter.grad is not None and parameter.grad.any() for parameter in trained.values())
    assert backbone.weights_digest() == before


def of_another_type(folder: Path) -> None:
    change_json(folder / "config.json", {"model_type": "gpt2"})


def with_a_type_that_is_no_name(folder: Path) -> None:
    change_json(folder / "config.json", {"model_type": ["bert"]})


def with_a_config_that_is_no_json(folder: Path) -> None:
    (folder / "config.json").write_text("{no json")


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def cut_short(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-1000])


def with_empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def of_another_width(folder: Path) -> None:
    change_json(folder / "config.json", {"hidden_size": 32})


def with_a_layer_too_few(folder: Path) -> None:
    change_json(folder / "config.json", {"num_hidden_layers": 5})


def with_weights_that_are_no_numbers(folder: Path) -> None:
    change_weights(folder, lambda weights: weights["roberta.encoder.layer.1.output.dense.bias"].fill_(float("nan")))


def with_a_token_too_many(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    tokenizer.add_tokens(["another"])
    tokenizer.save_pretrained(folder)


def with_too_few_embeddings(folder: Path) -> None:
    rows = json.loads((folder / "config.json").read_text())["vocab_size"] - 7
    change_json(folder / "config.json", {"vocab_size": rows})
    words, bias = "roberta.embeddings.word_embeddings.weight", "lm_head.bias"
    change_weights(folder, lambda weights: weights.update({key: weights[key][:rows].clone() for key in (words, bias)}))


def with_segments_that_the_model_has_not(folder: Path) -> None:
    ends: dict[str, object] = {
        "type": "TemplateProcessing",
        "single": _template("A"),
        "pair": [*_template("A"), *_template("B", 1)],
    }
    ends["special_tokens"] = {
        mark: {"id": mark, "ids": [at], "tokens": [mark]} for at, mark in ((0, "<s>"), (2, "</s>"))
    }
    change_json(folder / "tokenizer.json", {"post_processor": ends})
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    change_json(folder / "tokenizer_config.json", {"model_input_names": inputs})


def _template(text: str, segment: int = 0) -> list[object]:
    special = [{"SpecialToken": {"id": mark, "type_id": segment}} for mark in ("<s>", "</s>")]
    return [special[0], {"Sequence": {"id": text, "type_id": segment}}, special[1]]


def with_a_tokenizer_without_padding(folder: Path) -> None:
    change_json(folder / "tokenizer_config.json", {"pad_token": None})
    (folder / "special_tokens_map.json").write_text("{}")


def with_a_config_of_huge_numbers(folder: Path) -> None:
    file = folder / "config.json"
    file.write_text(file.read_text().replace("1e-12", "1e999").replace("1e-05", "1e999"))


def with_an_index_that_is_none(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    (folder / "model.safetensors.index.json").write_text("[" * 50_000)


def with_a_slow_tokenizer_only(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "ByT5Tokenizer"}))


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def removed(folder: Path) -> None:
    shutil.rmtree(folder)


UNSOUND: dict[Callable[[Path], None], str] = {
    of_another_type: "'gpt2' model, which this package does not know",
    with_a_type_that_is_no_name: "names its model_type",
    with_a_config_that_is_no_json: "is not valid JSON",
    without_config: "no config.json",
    without_weights: "no file named",
    cut_short: "incomplete metadata",
    with_empty_weights: "header too small",
    of_another_width: "size mismatch",
    with_a_layer_too_few: "which would be random: 16, roberta.encoder.layer.4",
    with_a_slow_tokenizer_only: "has no fast tokenizer",
    without_tokenizer: "cannot be loaded",
    with_weights_that_are_no_numbers: "not finite: 1 tensors, encoder.layer.1.output.dense.bias first",
    with_a_token_too_many: "has ids up to ROWS, and its model has ROWS embeddings",
    with_too_few_embeddings: "embeddings, up to",
    with_segments_that_the_model_has_not: "marks segments up to 1, and its model has 1 segment embeddings",
    with_a_tokenizer_without_padding: "has no pad_token",
    with_a_config_of_huge_numbers: "not finite|too large",
    with_an_index_that_is_none: "inside each other|recursion",
    removed: "cannot be loaded",
}


@pytest.mark.parametrize("damage", UNSOUND, ids=lambda damage: damage.__name__)
def test_an_unsound_backbone_is_refused_with_its_name_and_the_reason(
    damage: Callable[[Path], None], folder: Path
) -> None:
    rows = str(json.loads((folder / "config.json").read_text())["vocab_size"])
    damage(folder)
    with pytest.raises(BackboneError) as caught:
        load_backbone("tiny", folder, offline=True)
    assert re.search(UNSOUND[damage].replace("ROWS", rows), caught.value.message)
    assert "tiny" in caught.value.message or str(folder) in caught.value.message
    assert caught.value.hint


def test_half_precision_needs_a_gpu(tiny_backbone: Path) -> None:
    with pytest.raises(UsageError, match="fp16 needs a GPU") as caught:
        load_backbone("tiny", tiny_backbone, precision="fp16", offline=True)
    assert "bf16" in caught.value.hint


def test_a_refused_type_runs_no_code_of_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        pytest.fail("a model of an unknown type was begun to be loaded")

    of_another_type(folder)
    monkeypatch.setattr("madx_stilts.nets.backbone.AutoConfig.from_pretrained", fail)
    monkeypatch.setattr("madx_stilts.nets.backbone.AutoAdapterModel.from_pretrained", fail)
    with pytest.raises(BackboneError):
        load_backbone("tiny", folder, offline=True)


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64])
def test_weights_of_few_bits_are_refused_with_what_to_take(kind: torch.dtype, folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    first = sorted(weights)[0]
    save_file({**weights, first: weights[first].to(kind)}, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BackboneError, match=r"has weights of the type .*: 1 tensors in model\.safetensors") as caught:
        load_backbone("tiny", folder)
    assert "fp32" in caught.value.hint
