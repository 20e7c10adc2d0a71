"""A target over a fusion is given away with its members, and answers the same with plain `adapters`, by its page."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

Place = Any
Plain = Callable[[Path, str], Any]
TEXTS = (["the small dog sleeps in the house", "a bird"], ["the dog sleeps", "a bird sings in the garden"])
TARGET = "target/xnli+fuse.snli.mnli"
ENDING = f"""
import json, torch
with torch.no_grad():
    print(json.dumps(model(**tokenizer(*{TEXTS!r}, padding=True, return_tensors="pt")).logits.tolist()))
"""


@pytest.fixture(scope="module")
def fused(tmp_path_factory: pytest.TempPathFactory, tiny_mirror: Path, trained: Place) -> Place:
    """A zoo with SNLI, MNLI, and XNLI over both."""
    place = replace(trained, zoo=tmp_path_factory.mktemp("fused") / "zoo")
    for task in ("snli", "mnli"):
        place.does("train", "intermediate", task, "--offline")
    on = ("--on", "intermediate/snli,intermediate/mnli", "--transfer", "fuse")
    place.does("train", "target", "xnli", *on, "--offline")
    return place


def our_logits(place: Place) -> torch.Tensor:
    """Logits of this package, from the zoo."""
    from madx_stilts.nets.attach import attach, attach_head
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.nets.heads import answer
    from madx_stilts.nets.stacking import activate
    from madx_stilts.zoo.store import Zoo

    zoo, backbone = Zoo([place.zoo]), load_backbone("tiny", place.backbone, offline=True)
    ids = [zoo.find(name).id for name in ("intermediate/snli", "intermediate/mnli", TARGET)]
    activate(backbone, attach(backbone, zoo, ids))
    head = attach_head(backbone, zoo, ids[-1])
    inputs = dict(backbone.tokenizer(*TEXTS, padding=True, return_tensors="pt"))
    with torch.no_grad():
        return answer(backbone, head, "classification", inputs, {})[0]


def test_the_code_of_its_page_gives_our_logits_without_this_package(
    fused: Place, plain_python: Plain, tmp_path: Path
) -> None:
    fused.does("zoo", "export", TARGET, tmp_path / "out")
    page = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    match = re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert match is not None
    code = match[1].replace("FOLDER_OF_THE_BACKBONE", str(fused.backbone)).replace('"FOLDER"', '"out"')
    theirs = torch.tensor(plain_python(tmp_path, code + ENDING))
    torch.testing.assert_close(theirs, our_logits(fused), rtol=0, atol=1e-6)
    alone = re.sub(r"Stack\(Fuse\([^)]*\), target\)", "Stack(target)", code)
    assert alone != code
    without = torch.tensor(plain_python(tmp_path, alone + ENDING))
    assert not torch.allclose(theirs, without, rtol=0, atol=1e-6)


def test_its_page_tells_what_it_stands_on(fused: Place, tmp_path: Path) -> None:
    fused.does("zoo", "export", TARGET, tmp_path / "out")
    page = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "stand side by side, under a fusion layer that was trained with it" in page
    assert "| fusion layer | 0.1 of that learning rate" in page
    assert page.count("(fused)") == 2


def test_it_comes_back_by_import_with_its_members_and_into_another_zoo(
    fused: Place, theirs: Place, tmp_path: Path
) -> None:
    fused.does("zoo", "export", TARGET, tmp_path / "out")
    theirs.does("zoo", "import", tmp_path / "out")
    assert theirs.refs() == fused.refs()
    theirs.does("zoo", "verify")
    fused.does("zoo", "publish", TARGET, "--to", tmp_path / "copy")
    assert replace(theirs, zoo=tmp_path / "copy").refs() == fused.refs()


def test_what_plain_adapters_cannot_run_is_not_given_away(fused: Place, tmp_path: Path) -> None:
    refs = fused.refs()
    stack = f"{refs['intermediate/snli']}//{refs['intermediate/mnli']},{refs[TARGET]}"
    said = fused("zoo", "export", stack, tmp_path / "out")
    assert said.code == 2
    assert "has a fusion, and a whole stack is given away without one only" in said.err
    place = replace(fused, zoo=tmp_path / "zoo")
    for task in ("snli", "mnli"):
        place.does("train", "intermediate", task, "--set", "method.leave_out=[0,1]", "--offline")
    on = ("--on", "intermediate/snli,intermediate/mnli", "--transfer", "fuse")
    place.does("train", "target", "xnli", *on, "--offline")
    said = place("zoo", "export", TARGET, tmp_path / "out")
    assert said.code == 2
    assert "fuses adapters that leave out layers [0, 1], and xnli" in said.err
    assert not (tmp_path / "out").exists()
