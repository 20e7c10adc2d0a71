"""A checkpoint's own masked language modelling head answers here as it does in transformers, however it was saved."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForMaskedLM, BertConfig, BertForMaskedLM, PreTrainedModel, XLMRobertaForMaskedLM

from madx_stilts.errors import BackboneError
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.heads import add_head, copy_head
from madx_stilts.nets.masked_head import FRESH
from madx_stilts.tasks.text import MASKED_LM

Tensors = dict[str, Tensor]
Save = Callable[[Path, Tensors], None]
WORDS = "roberta.embeddings.word_embeddings.weight"


def randomised(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """The model with a head in which no number is zero or one, saved."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith(("lm_head", "cls.predictions")) and name.endswith("bias"):
                parameter.normal_()
    model.save_pretrained(folder)
    model.eval()
    return model


@pytest.fixture(scope="module")
def checkpoint(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny XLM-R with biases that matter."""
    folder = Path(shutil.copytree(tiny_backbone, tmp_path_factory.mktemp("checkpoint") / "xlm-roberta"))
    randomised(XLMRobertaForMaskedLM.from_pretrained(tiny_backbone), folder)
    return folder


def of_bert(checkpoint: Path, folder: Path, **changes: object) -> Path:
    """A BERT with the same tokenizer."""
    shutil.copytree(checkpoint, folder)
    sizes = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
    roberta = json.loads((checkpoint / "config.json").read_text())
    randomised(BertForMaskedLM(BertConfig(**{size: roberta[size] for size in sizes}, **changes)), folder)
    return folder


def plain(folder: Path, weights: Tensors) -> None:
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def pickled(folder: Path, weights: Tensors) -> None:
    torch.save(weights, folder / "pytorch_model.bin")


def pickled_in_the_old_way(folder: Path, weights: Tensors) -> None:
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)


def _in_shards(folder: Path, weights: Tensors, name: str, suffix: str, save: Callable[[Tensors, Path], None]) -> None:
    table = {key: f"{name}-{at:05}-of-{len(weights):05}.{suffix}" for at, key in enumerate(weights, start=1)}
    for key, file in table.items():
        save({key: weights[key]}, folder / file)
    index = {"metadata": {}, "weight_map": table}
    (folder / f"{name}.{suffix}.index.json").write_text(json.dumps(index))


def in_shards(folder: Path, weights: Tensors) -> None:
    _in_shards(folder, weights, "model", "safetensors", lambda part, file: save_file(part, file, {"format": "pt"}))


def in_pickled_shards(folder: Path, weights: Tensors) -> None:
    _in_shards(folder, weights, "pytorch_model", "bin", torch.save)


def as_it_is(weights: Tensors) -> Tensors:
    return weights


def under_the_decoders_name(weights: Tensors) -> Tensors:
    return {key.replace("lm_head.bias", "lm_head.decoder.bias"): value for key, value in weights.items()}


def with_all_tied_names(weights: Tensors) -> Tensors:
    tied = {"lm_head.decoder.bias": weights["lm_head.bias"].clone(), "lm_head.decoder.weight": weights[WORDS].clone()}
    return weights | tied


def saved_so(checkpoint: Path, folder: Path, change: Callable[[Tensors], Tensors], save: Save = plain) -> Path:
    shutil.copytree(checkpoint, folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    save(folder, change(weights))
    return folder


def change_config(folder: Path, **changes: object) -> Path:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return folder


def answers(backbone: Backbone, head: str) -> Tensor:
    ids = torch.randint(5, 200, (2, 9), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        hidden = backbone.base(input_ids=ids).last_hidden_state
        (answer,) = backbone.heads[head]((hidden,), return_dict=False)
    assert isinstance(answer, Tensor)
    return answer


def answers_in_transformers(folder: Path) -> Tensor:
    ids = torch.randint(5, 200, (2, 9), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = AutoModelForMaskedLM.from_pretrained(folder, local_files_only=True).eval()(input_ids=ids).logits
    assert isinstance(logits, Tensor)
    return logits


def require_equal(folder: Path) -> Backbone:
    """The head answers here, and in a copy of it that is trained on, as it does in transformers."""
    backbone = load_backbone("tiny", folder, offline=True)
    assert backbone.pretrained_head is not None
    wanted = answers_in_transformers(folder)
    torch.testing.assert_close(answers(backbone, backbone.pretrained_head), wanted)
    add_head(backbone, "new-1", "masked_lm", MASKED_LM, seed=0)
    torch.testing.assert_close(answers(backbone, "new-1"), wanted)
    return backbone


@pytest.mark.parametrize("save", [plain, pickled, pickled_in_the_old_way, in_shards, in_pickled_shards])
@pytest.mark.parametrize("change", [as_it_is, under_the_decoders_name, with_all_tied_names])
def test_it_is_found_in_every_form(
    save: Save, change: Callable[[Tensors], Tensors], checkpoint: Path, tmp_path: Path
) -> None:
    backbone = require_equal(saved_so(checkpoint, tmp_path / "saved", change, save))
    usual = load_backbone("tiny", checkpoint, offline=True)
    assert backbone.masked_lm_identity() == usual.masked_lm_identity()
    assert backbone.fingerprint == usual.fingerprint


@pytest.mark.parametrize("classes", [None, [], ["XLMRobertaModel"], ["XLMRobertaForSequenceClassification"], ["Mine"]])
def test_it_is_found_whatever_class_the_config_names(
    classes: list[str] | None, checkpoint: Path, tmp_path: Path
) -> None:
    require_equal(change_config(saved_so(checkpoint, tmp_path / "saved", as_it_is), architectures=classes))


def test_an_output_layer_of_its_own_is_part_of_it(checkpoint: Path, tmp_path: Path) -> None:
    def untied(weights: Tensors) -> Tensors:
        return weights | {"lm_head.decoder.weight": torch.randn_like(weights[WORDS])}

    folder = change_config(saved_so(checkpoint, tmp_path / "saved", untied), tie_word_embeddings=False)
    other = require_equal(folder).masked_lm_identity()
    assert other != load_backbone("tiny", checkpoint, offline=True).masked_lm_identity()


@pytest.mark.parametrize("activation", ["gelu", "relu", "gelu_new"])
def test_that_of_bert_is_found_with_its_activation(activation: str, checkpoint: Path, tmp_path: Path) -> None:
    require_equal(of_bert(checkpoint, tmp_path / "bert", hidden_act=activation))


def test_that_of_a_bert_converted_from_tensorflow_is_found(checkpoint: Path, tmp_path: Path) -> None:
    def old(weights: Tensors) -> Tensors:
        names = (("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"))
        for new, before in names:
            weights = {key.replace(new, before): value for key, value in weights.items()}
        return weights

    bert = of_bert(checkpoint, tmp_path / "bert")
    converted = require_equal(saved_so(bert, tmp_path / "saved", old))
    assert converted.masked_lm_identity() == load_backbone("tiny", bert, offline=True).masked_lm_identity()


PARTS = ["bias", "dense.weight", "dense.bias", "layer_norm.weight", "layer_norm.bias"]


@pytest.mark.parametrize("part", PARTS)
def test_one_number_in_it_makes_another_identity_and_the_same_backbone(
    part: str, checkpoint: Path, tmp_path: Path
) -> None:
    def changed(weights: Tensors) -> Tensors:
        weights[f"lm_head.{part}"].view(-1)[3] += 1e-3
        return weights

    other = load_backbone("tiny", saved_so(checkpoint, tmp_path / "saved", changed), offline=True)
    usual = load_backbone("tiny", checkpoint, offline=True)
    assert other.fingerprint == usual.fingerprint
    assert other.masked_lm_identity() != usual.masked_lm_identity()


def without(*parts: str) -> Callable[[Tensors], Tensors]:
    gone = {f"lm_head.{part}" for part in parts}
    return lambda weights: {key: value for key, value in weights.items() if key not in gone}


def test_a_checkpoint_without_any_trains_one(checkpoint: Path, tmp_path: Path) -> None:
    bare = load_backbone("tiny", saved_so(checkpoint, tmp_path / "saved", without(*PARTS)), offline=True)
    assert bare.pretrained_head is None
    assert bare.masked_lm_identity() == FRESH


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_one_is_refused_where_it_would_be_read_and_nowhere_else(
    part: str, checkpoint: Path, tmp_path: Path
) -> None:
    backbone = load_backbone("tiny", saved_so(checkpoint, tmp_path / "saved", without(part)), offline=True)
    assert backbone.pretrained_head is None
    with pytest.raises(BackboneError, match=rf"head without lm_head\.{part}"):
        backbone.masked_lm_identity()


@pytest.mark.parametrize("damage", [lambda bias: bias[:3].clone(), lambda bias: bias.fill_(float("nan"))])
def test_one_of_another_shape_or_without_numbers_is_refused_where_it_would_be_read(
    damage: Callable[[Tensor], Tensor], checkpoint: Path, tmp_path: Path
) -> None:
    def damaged(weights: Tensors) -> Tensors:
        return weights | {"lm_head.bias": damage(weights["lm_head.bias"])}

    backbone = load_backbone("tiny", saved_so(checkpoint, tmp_path / "saved", damaged), offline=True)
    with pytest.raises(BackboneError, match=r"lm_head\.bias .* another shape, or not finite"):
        backbone.masked_lm_identity()


def test_a_pickle_with_code_in_it_is_refused_and_not_run(checkpoint: Path, tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "run",)

    folder = saved_so(checkpoint, tmp_path / "saved", as_it_is, lambda path, weights: None)
    torch.save({"lm_head.bias": Attack()}, folder / "pytorch_model.bin")
    with pytest.raises(BackboneError):
        load_backbone("tiny", folder, offline=True)
    assert not (tmp_path / "run").exists()


def test_a_copy_is_the_same_head(checkpoint: Path) -> None:
    backbone = load_backbone("tiny", checkpoint, offline=True)
    add_head(backbone, "one-1", "masked_lm", MASKED_LM, seed=0)
    add_head(backbone, "two-1", "masked_lm", MASKED_LM, seed=1)
    copy_head(backbone, source="one-1", target="two-1")
    assert torch.equal(answers(backbone, "one-1"), answers(backbone, "two-1"))
