"""What is published works for people who have `adapters` and not this package: the same logits, to 1e-6."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

Place = Any
TEXTS = (["the small dog sleeps in the house", "a bird"], ["the dog sleeps", "a bird sings in the garden"])
BEGIN = f"""
import json, torch
from adapters import AutoAdapterModel
from adapters.composition import Stack
from transformers import AutoTokenizer

def print_logits(*stacks):
    inputs = tokenizer(*{TEXTS!r}, padding=True, return_tensors="pt")
    logits = []
    model.eval()
    with torch.no_grad():
        for stack in stacks:
            model.active_adapters = stack
            logits.append(model(**inputs).logits.tolist())
    print(json.dumps(logits))

"""
Plain = Callable[[Path, str], Any]


def begin(backbone: Path) -> str:
    """The code that loads a backbone."""
    kinds = "(AutoAdapterModel, AutoTokenizer)"
    return f"{BEGIN}model, tokenizer = (kind.from_pretrained({str(backbone)!r}) for kind in {kinds})\n"


@pytest.fixture(scope="module")
def our_logits(trained: Place) -> torch.Tensor:
    """Logits of this package, from the zoo, for XNLI on SNLI."""
    from madx_stilts.nets.attach import attach, attach_head
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.nets.heads import answer
    from madx_stilts.nets.stacking import activate
    from madx_stilts.zoo.store import Zoo

    zoo, backbone = Zoo([trained.zoo]), load_backbone("tiny", trained.backbone, offline=True)
    ids = [zoo.find(name).id for name in ("intermediate/snli", "target/xnli+snli")]
    activate(backbone, attach(backbone, zoo, ids))
    head = attach_head(backbone, zoo, ids[-1])
    inputs = dict(backbone.tokenizer(*TEXTS, padding=True, return_tensors="pt"))
    with torch.no_grad():
        return answer(backbone, head, "classification", inputs, {})[0]


def test_an_adapter_with_its_lineage_gives_our_logits(
    trained: Place, plain_python: Plain, our_logits: torch.Tensor, tmp_path: Path
) -> None:
    trained.does("zoo", "export", "target/xnli+snli", tmp_path / "out")
    (below,) = (tmp_path / "out" / "lineage").iterdir()
    load = f"""
lower = model.load_adapter("out/lineage/{below.name}", use_safetensors=True, with_head=False)
upper = model.load_adapter("out")
print_logits(Stack(lower, upper), Stack(upper))
"""
    logits, without = map(torch.tensor, plain_python(tmp_path, begin(trained.backbone) + load))
    torch.testing.assert_close(logits, our_logits, rtol=0, atol=1e-6)
    assert not torch.allclose(without, our_logits, rtol=0, atol=1e-6)


def test_a_whole_stack_gives_our_logits_in_one_call(
    trained: Place, plain_python: Plain, our_logits: torch.Tensor, tmp_path: Path
) -> None:
    trained.does("zoo", "export", "intermediate/snli,target/xnli+snli", tmp_path / "out")
    load = 'model.load_adapter_setup("out", set_active=True)\nprint_logits(model.active_adapters)\n'
    (logits,) = map(torch.tensor, plain_python(tmp_path, begin(trained.backbone) + load))
    torch.testing.assert_close(logits, our_logits, rtol=0, atol=1e-6)


def test_the_pickled_files_hold_plain_tensors_equal_to_the_others(trained: Place, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    trained.does("zoo", "export", "target/xnli+snli", tmp_path / "out")
    for safe, pickled in (
        ("adapter.safetensors", "pytorch_adapter.bin"),
        ("model_head.safetensors", "pytorch_model_head.bin"),
    ):
        ours = load_file(tmp_path / "out" / safe)
        theirs = torch.load(tmp_path / "out" / pickled, weights_only=True)
        assert type(theirs) is dict
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_two_exports_are_equal_to_the_byte(trained: Place, tmp_path: Path) -> None:
    for name in ("one", "two"):
        trained.does("zoo", "export", "target/xnli+snli", tmp_path / name)
    one, two = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()}
        for n in ("one", "two")
    )
    assert one == two


def test_an_export_goes_into_a_new_folder_only_and_comes_back_by_import(
    trained: Place, theirs: Place, tmp_path: Path
) -> None:
    trained.does("zoo", "export", "target/xnli+snli", tmp_path / "out")
    assert trained("zoo", "export", "target/xnli", tmp_path / "out").code == 3
    theirs.does("zoo", "import", tmp_path / "out")
    refs = trained.refs()
    assert theirs.refs() == {name: refs[name] for name in ("intermediate/snli", "target/xnli+snli")}


def test_a_folder_with_a_link_is_refused(trained: Place, theirs: Place, tmp_path: Path) -> None:
    trained.does("zoo", "export", "target/xnli", tmp_path / "out")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (tmp_path / "out" / "notes.json").symlink_to(secret)
    said = theirs("zoo", "import", tmp_path / "out")
    assert said.code == 3
    assert "is a link" in said.err
    assert theirs.is_empty()
